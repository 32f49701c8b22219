import { Badge, Code, Group, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { count } from '../parts/count.ts'
import { Loaded } from '../parts/loaded.tsx'
import { StatusBadge } from '../parts/status-badge.tsx'
import { often } from '../queries.ts'
import type { Batch, DeliveryDetail } from '../shapes.ts'

const phases = {
  join: 'joins',
  leave: 'leaves',
  update_remove: 'updates: old out',
  update_add: 'updates: new in',
} as const

/** Reasons ranked, and every batch with the platform's receipt. */
export function BatchesTable({ deliveryId, isOver }: { deliveryId: string; isOver: boolean }) {
  const delivery = useQuery({
    queryKey: ['delivery', deliveryId],
    queryFn: () => answer(api.deliveries[':id'].$get({ param: { id: deliveryId }, query: {} })),
    refetchInterval: isOver ? false : often,
  })
  return (
    <Loaded query={delivery}>
      {({ reasons, batches }) => (
        <Stack gap="lg">
          {reasons.length > 0 && <Reasons reasons={reasons} />}
          <Table.ScrollContainer minWidth={620}>
            <Table verticalSpacing="xs" className="numbers">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Batch</Table.Th>
                  <Table.Th>What</Table.Th>
                  <Table.Th ta="right">Members</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Receipt</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {batches.items.map((batch) => (
                  <Table.Tr key={batch.number}>
                    <Table.Td>{batch.number}</Table.Td>
                    <Table.Td>{phases[batch.phase]}</Table.Td>
                    <Table.Td ta="right">{count(batch.members)}</Table.Td>
                    <Table.Td>
                      <StatusBadge status={batch.state} size="sm" />
                    </Table.Td>
                    <Table.Td>
                      <Receipt batch={batch} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {batches.next && (
            <Text size="sm" c="dimmed">
              The first {batches.items.length} batches. The API pages through the rest.
            </Text>
          )}
        </Stack>
      )}
    </Loaded>
  )
}

const sayers = { platform: 'the platform counts', unusable: 'not sent', rejected: 'refused by name' } as const

const Reasons = ({ reasons }: { reasons: DeliveryDetail['reasons'] }) => (
  <div>
    <Title order={3} mb="xs">
      Why members are not there
    </Title>
    <Stack gap={6}>
      {reasons.map(({ reason, members, by }) => (
        <Group key={by + reason} gap="sm" wrap="nowrap">
          <Text w={80} ta="right" className="numbers" fw={600} flex="none">
            {count(members)}
          </Text>
          <Text size="sm">{reason}</Text>
          <Badge color="gray" flex="none">
            {sayers[by]}
          </Badge>
        </Group>
      ))}
    </Stack>
  </div>
)

function Receipt({ batch: { receipt, problem, attempts } }: { batch: Batch }) {
  if (problem) return <Text size="sm">{problem.what}</Text>
  if (!receipt) return <Text size="sm">{attempts > 1 ? `attempt ${attempts}` : '–'}</Text>
  const words = [
    receipt.received !== null && `${count(receipt.received)} received`,
    receipt.refused !== null && receipt.refused > 0 && `${count(receipt.refused)} refused`,
    receipt.matched !== null && `${count(receipt.matched)} matched`,
  ].filter(Boolean)
  return (
    <Group gap="xs">
      <Text size="sm">{words.join(', ') || 'answered'}</Text>
      {receipt.reference && <Code fz={11}>{receipt.reference}</Code>}
    </Group>
  )
}
