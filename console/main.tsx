import { nonce } from './nonce.ts'
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './console.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Places } from './places.tsx'
import { queries } from './queries.ts'
import { SignedIn } from './session/signed-in.tsx'
import { colours, theme } from './theme.ts'

const root = document.getElementById('console')
if (root)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={colours}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <Notifications position="bottom-right" />
        <QueryClientProvider client={queries}>
          <SignedIn>
            <Places />
          </SignedIn>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
