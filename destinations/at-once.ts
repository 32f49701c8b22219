/**
 * Works on items in their order, at most so many at a time, until there are none left or `isOver`. Throws what `work` threw
 * first, after all that was begun has ended.
 */
export async function atOnce<T>(
  items: Iterable<T>,
  most: number,
  work: (item: T) => Promise<void>,
  isOver: () => boolean = () => false,
): Promise<void> {
  const left = items[Symbol.iterator]()
  const errors: unknown[] = []
  const worker = async () => {
    while (errors.length === 0 && !isOver()) {
      const next = left.next()
      if (next.done) return
      await work(next.value).catch((error: unknown) => errors.push(error))
    }
  }
  await Promise.all(Array.from({ length: most }, worker))
  if (errors.length > 0) throw errors[0]
}
