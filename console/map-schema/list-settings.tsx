import { Card, Radio, Stack, Text } from '@mantine/core'
import { SchemaForm } from '../parts/schema-form.tsx'
import type { Platform, Sync } from '../shapes.ts'

type WhenListGone = Sync['whenListGone']
type Settings = Record<string, unknown>
type Props = {
  platform: Platform
  settings: Settings
  onSettings: (settings: Settings) => void
  whenListGone: WhenListGone
  onWhenListGone: (value: WhenListGone) => void
}

/** What a list sync sets for itself: what is done when its list is gone, and what the platform offers. */
export const ListSettings = ({ platform, settings, onSettings, whenListGone, onWhenListGone }: Props) => (
  <Card component="section" aria-label="Settings of this sync">
    <Stack gap="md">
      <Text fw={600}>Settings of this sync</Text>
      <Radio.Group
        label="When the list is deleted at the platform"
        value={whenListGone}
        onChange={(value) => onWhenListGone(value === 'recreate' ? 'recreate' : 'ask')}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="ask" label="Wait for a person" />
          <Radio value="recreate" label="Make it again by itself, and send everybody to it" />
        </Stack>
      </Radio.Group>
      <SchemaForm schema={platform.list?.syncSettings ?? {}} values={settings} onChange={onSettings} columns={2} />
    </Stack>
  </Card>
)
