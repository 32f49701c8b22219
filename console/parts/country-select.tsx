import { Select } from '@mantine/core'

const codes =
  'AE AR AT AU BE BG BR CA CH CL CN CO CZ DE DK EE EG ES FI FR GB GR HK HR HU ID IE IL IN IS IT JP KR LT LU LV MX MY NL NO NZ PE PH PL PT RO RS SA SE SG SI SK TH TR TW UA US VN ZA'.split(
    ' ',
  )
const names = new Intl.DisplayNames(['en'], { type: 'region' })
const data = codes
  .map((value) => ({ value, label: names.of(value) ?? value }))
  .sort((a, b) => a.label.localeCompare(b.label))

/** The country of phone numbers that show none. */
export const CountrySelect = ({
  value,
  onChange,
}: {
  value: string | null
  onChange: (value: string | null) => void
}) => (
  <Select
    label="Default country"
    description="Of phone numbers that show no country code."
    placeholder="None"
    data={value !== null && !codes.includes(value) ? [...data, { value, label: names.of(value) ?? value }] : data}
    value={value}
    onChange={onChange}
    searchable
    clearable
    maw={320}
  />
)
