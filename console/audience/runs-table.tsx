import { Anchor, Card, Table, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import { count } from '../parts/count.ts'
import { Moment } from '../parts/moment.tsx'
import { StatusBadge } from '../parts/status-badge.tsx'
import { runState } from '../run/run-state.ts'
import { sumOf } from '../run/sum-of.ts'
import type { Run } from '../shapes.ts'

export const RunsTable = ({ runs }: { runs: readonly Run[] }) => (
  <Card component="section" aria-label="Runs" padding={0}>
    <Title order={2} p="lg" pb="xs">
      Runs
    </Title>
    {runs.length === 0 ? (
      <Text c="dimmed" p="lg" pt={0}>
        None yet. The first one begins when the audience is activated.
      </Text>
    ) : (
      <Table.ScrollContainer minWidth={560}>
        <Table className="numbers">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Began</Table.Th>
              <Table.Th>Because of</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th ta="right">Size</Table.Th>
              <Table.Th ta="right">Joined</Table.Th>
              <Table.Th ta="right">Left</Table.Th>
              <Table.Th ta="right">Updated</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {runs.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <Anchor component={Link} href={`/runs/${run.id}`} fw={600} size="sm">
                    <Moment at={run.startedAt ?? run.requestedAt} />
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{run.causes.map((cause) => cause.replaceAll('_', ' ')).join(', ')}</Text>
                </Table.Td>
                <Table.Td>
                  <StatusBadge status={runState(run)} size="sm" />
                </Table.Td>
                <Table.Td ta="right">{run.size === null ? '–' : count(run.size)}</Table.Td>
                <Table.Td ta="right">{count(sumOf(run, 'joined'))}</Table.Td>
                <Table.Td ta="right">{count(sumOf(run, 'left'))}</Table.Td>
                <Table.Td ta="right">{count(sumOf(run, 'updated'))}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    )}
  </Card>
)
