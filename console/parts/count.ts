const whole = new Intl.NumberFormat('en-US')
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

export const count = (value: number) => whole.format(value)
export const roughly = (value: number) => (value < 100_000 ? whole.format(value) : short.format(value))
export const people = (value: number) => (value === 1 ? '1 person' : `${count(value)} people`)
export const share = (part: number, of: number) => (of === 0 ? '–' : `${Math.round((part / of) * 100)} %`)
