import { Button, type ButtonProps, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { ProblemAlert } from './problem-alert.tsx'

type Props = Omit<ButtonProps, 'children'> & {
  label: string
  title: string
  /** What happens then, with the numbers. */
  text: ReactNode
  /** The word of the button that does it. */
  yes: string
  /** Does it; the question closes when it is done. */
  act: () => Promise<unknown>
  pending: boolean
  error: unknown
}

/** A button that asks before it does something that cannot be taken back. */
export function ConfirmButton({ label, title, text, yes, act, pending, error, ...button }: Props) {
  const [asked, { open, close }] = useDisclosure()
  return (
    <>
      <Button {...button} onClick={open}>
        {label}
      </Button>
      <Modal opened={asked} onClose={close} title={<Text fw={650}>{title}</Text>}>
        <Stack>
          {typeof text === 'string' ? <Text>{text}</Text> : text}
          {error ? <ProblemAlert error={error} /> : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Not now
            </Button>
            <Button color={button.color ?? 'red'} loading={pending} onClick={() => act().then(close, () => {})}>
              {yes}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
