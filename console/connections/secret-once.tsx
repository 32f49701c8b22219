import { Button, Code, CopyButton, Group, Modal, Stack, Text } from '@mantine/core'

/** A secret that was made for a destination: shown now and never again. */
export function SecretOnce({ secret, done }: { secret: string | undefined; done: () => void }) {
  return (
    <Modal
      opened={secret !== undefined}
      onClose={done}
      title="The secret of the signatures"
      closeOnClickOutside={false}
    >
      <Stack gap="md">
        <Text size="sm">
          Whoever receives the events verifies their signatures with it. Keep it now: it is not shown again.
        </Text>
        <Code block>{secret}</Code>
        <Group justify="flex-end">
          <CopyButton value={secret ?? ''}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
          <Button onClick={done}>I have kept it</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
