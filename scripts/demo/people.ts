/** An invented person. Nobody real: names from a list, addresses at example.test, phones of ranges kept for fiction. */
export type Person = {
  person_id: string
  email: string | null
  phone: string | null
  first_name: string
  last_name: string
  city: string
  postcode: string
  country: string
  subscribed: boolean
}

const firstNames = [
  ...['Ada', 'Amir', 'Bea', 'Carlos', 'Chloé', 'Dmitri', 'Elif', 'Émile', 'Farah', 'Grace', 'Hiro', 'Inés', 'Jonas'],
  ...['Kwame', 'Léa', 'Mei', 'Noah', 'Olga', 'Priya', 'Quinn', 'Rosa', 'Søren', 'Tomás', 'Uma', 'Vera', 'Yusuf'],
]
const lastNames = [
  ...['Abbott', 'Berg', 'Castro', 'Dupont', 'Ebert', 'Fischer', 'García', 'Haddad', 'Ivanova', 'Jensen', 'Kaya'],
  ...['Larsen', 'Müller', 'Nakamura', "O'Brien", 'Park', 'Quist', 'Rossi', 'Şahin', 'Tanaka', 'van Dijk', 'Weiß'],
]
// Australia keeps single numbers for fiction, not a range.
const australianPhones = ['006', '110', '156', '157', '158', '159', '313', '737']
const places = [
  { city: 'New York', postcode: '10001', country: 'US', phone: (n: number) => `+1 212 555 01${digits(n, 2)}` },
  { city: 'San José', postcode: '95110', country: 'US', phone: (n: number) => `(408) 555-01${digits(n, 2)}` },
  { city: 'Chicago', postcode: '60601', country: 'US', phone: (n: number) => `312.555.01${digits(n, 2)}` },
  { city: 'London', postcode: 'SW1A 1AA', country: 'GB', phone: (n: number) => `+44 7700 900${digits(n, 3)}` },
  {
    city: 'Sydney',
    postcode: '2000',
    country: 'AU',
    phone: (n: number) => `+61 491 570 ${pick(australianPhones, n, 8)}`,
  },
]

/**
 * Person number `n` of the demo, always the same for the same `n`. A tenth is not subscribed; some have no e-mail or
 * phone, some a broken one, and some share their e-mail with the person before, as households do.
 */
export function inventPerson(n: number): Person {
  const first = pick(firstNames, n, 1)
  const last = pick(lastNames, n, 2)
  const place = pick(places, n, 3)
  return {
    person_id: `P${digits(n, 6)}`,
    email: emailOf(n, first, last),
    phone: phoneOf(n, place),
    first_name: first,
    last_name: last,
    city: place.city,
    postcode: place.postcode,
    country: place.country,
    subscribed: draw(n, 4) % 10 !== 0,
  }
}

function emailOf(n: number, first: string, last: string): string | null {
  const kind = draw(n, 5) % 100
  if (kind < 3) return null
  if (kind < 5) return `${ascii(first)}.example.test`
  if (kind < 6) return ''
  if (kind < 9 && n > 1) return emailOf(n - 1, pick(firstNames, n - 1, 1), pick(lastNames, n - 1, 2))
  const written = `${ascii(first)}.${ascii(last)}.${n}@example.test`
  return kind < 12 ? ` ${written.toUpperCase()} ` : written
}

function phoneOf(n: number, place: (typeof places)[number]): string | null {
  const kind = draw(n, 6) % 100
  if (kind < 40) return null
  if (kind < 42) return 'ask at the desk'
  if (kind < 44) return '000'
  return place.phone(draw(n, 7))
}

// A small integer hash: the same draw for the same person and question, on every machine.
function draw(n: number, question: number): number {
  let x = Math.imul(n, 0x9e3779b1) ^ Math.imul(question, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d)
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39)
  return (x ^ (x >>> 15)) >>> 0
}

function pick<T>(list: readonly T[], n: number, question: number): T {
  const found = list[draw(n, question) % list.length]
  if (found === undefined) throw new Error('The list to pick from is empty.')
  return found
}

const digits = (n: number, count: number) => String(n % 10 ** count).padStart(count, '0')

const ascii = (name: string) => {
  const plain = name.replaceAll('ø', 'o').replaceAll('ß', 'ss').normalize('NFKD')
  return plain.replace(/[^A-Za-z]/g, '').toLowerCase()
}
