import '@mantine/charts/styles.css'
import { AreaChart, BarChart } from '@mantine/charts'
import { VisuallyHidden } from '@mantine/core'
import { count } from '../parts/count.ts'

type Size = { at: string | null; size: number; joined: number; left: number }

const short = new Intl.DateTimeFormat('en-GB', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })

export default function SizeChart({ sizes }: { sizes: readonly Size[] }) {
  const rows = sizes.map(({ at, size, joined, left }) => ({
    at: at ? short.format(new Date(at)) : '',
    Size: size,
    Joined: joined,
    Left: -left,
  }))
  const [first, last] = [sizes[0], sizes.at(-1)]
  return (
    <>
      <VisuallyHidden>
        From {count(first?.size ?? 0)} to {count(last?.size ?? 0)} over {sizes.length} runs.
      </VisuallyHidden>
      <div aria-hidden>
        <AreaChart
          h={170}
          data={rows}
          dataKey="at"
          series={[{ name: 'Size', color: 'indigo.6' }]}
          curveType="monotone"
          withDots={false}
          valueFormatter={count}
          yAxisProps={{ domain: ['auto', 'auto'], width: 64, allowDecimals: false }}
          xAxisProps={{ hide: true }}
          areaChartProps={{ accessibilityLayer: false }}
          areaProps={{ isAnimationActive: false }}
        />
        <BarChart
          h={100}
          mt="xs"
          data={rows}
          dataKey="at"
          type="stacked"
          series={[
            { name: 'Joined', color: 'teal.6' },
            { name: 'Left', color: 'orange.6' },
          ]}
          valueFormatter={(value) => count(Math.abs(value))}
          yAxisProps={{ width: 64, allowDecimals: false }}
          barChartProps={{ accessibilityLayer: false }}
          barProps={{ isAnimationActive: false }}
          withLegend
          legendProps={{ verticalAlign: 'bottom', height: 26 }}
        />
      </div>
    </>
  )
}
