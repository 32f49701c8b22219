const wide = 72
const high = 22

/** The way a number has gone, drawn small; said in words to whoever does not see it. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const [first, last] = [values[0], values.at(-1)]
  if (values.length < 2 || first === undefined || last === undefined) return null
  const [low, top] = [Math.min(...values), Math.max(...values)]
  const y = (value: number) => (top === low ? high / 2 : high - 2 - ((value - low) / (top - low)) * (high - 4))
  const points = values.map((value, at) => `${((at / (values.length - 1)) * wide).toFixed(1)},${y(value).toFixed(1)}`)
  const change = last - first
  const words = change === 0 ? 'steady' : `${change > 0 ? 'up' : 'down'} by ${Math.abs(change).toLocaleString('en-US')}`
  return (
    <svg
      width={wide}
      height={high}
      viewBox={`0 0 ${wide} ${high}`}
      role="img"
      aria-label={`Size over the last ${values.length} runs: ${words}`}
    >
      <title>{`Last ${values.length} runs: ${words}`}</title>
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="var(--mantine-primary-color-filled)"
        strokeWidth={1.6}
        strokeLinejoin="round"
        strokeLinecap="round"
      />
    </svg>
  )
}
