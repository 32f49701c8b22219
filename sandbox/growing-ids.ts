/**
 * Ids that grow with real time, in decimal: an id of an earlier life of the sandbox never comes back as another thing.
 * `perMs` is how many of them fit into a millisecond.
 */
export function growingIds({ from, perMs }: { from: bigint; perMs: bigint }): () => string {
  let last = 0n
  return () => {
    const fromTime = from + BigInt(Date.now() - Date.UTC(2020)) * perMs
    last = fromTime > last ? fromTime : last + 1n
    return String(last)
  }
}
