import { Button, Card, FileInput, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import { problemOf } from '../problem.ts'

const types: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  json: 'application/json',
}

/** Pushes a file as the members of a static audience; it is streamed as it is. */
export function UploadMembers({ audienceId }: { audienceId: string }) {
  const [file, setFile] = useState<File | null>(null)
  const [mode, setMode] = useState('replace')
  const upload = useAct((chosen: File) => push(audienceId, mode, chosen), {
    tellsErrors: true,
    done: ({ size }) => `Uploaded: the audience has ${size.toLocaleString('en-US')} members.`,
    afterwards: () => setFile(null),
  })
  return (
    <Card>
      <Title order={2}>Upload members</Title>
      <Text size="sm" c="dimmed" mb="md">
        CSV with a header, JSON (an array of flat objects) or NDJSON. The list changes when the last row has come, all
        at once.
      </Text>
      <Stack gap="md">
        <Group align="flex-end">
          <FileInput
            label="File"
            placeholder="Choose a file"
            accept=".csv,.json,.ndjson,.jsonl"
            value={file}
            onChange={setFile}
            w={280}
            clearable
          />
          <SegmentedControl
            data={[
              { value: 'replace', label: 'It is the list' },
              { value: 'upsert', label: 'Put it over the list' },
            ]}
            value={mode}
            onChange={setMode}
            aria-label="How it is uploaded"
          />
          <Button onClick={() => file && upload.mutate(file)} disabled={!file} loading={upload.isPending}>
            Upload
          </Button>
        </Group>
        {upload.error && <ProblemAlert error={upload.error} />}
      </Stack>
    </Card>
  )
}

// Not by the typed client: it has no way to give a body as it is.
async function push(audienceId: string, mode: string, file: File): Promise<{ size: number }> {
  const type = types[file.name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'text/csv'
  const response = await fetch(`/v1/audiences/${audienceId}/members?mode=${mode}`, {
    method: 'PUT',
    headers: { 'content-type': type },
    body: file,
  })
  const body = await response.json().catch(() => undefined)
  if (!response.ok) throw problemOf(response.status, body)
  return body
}
