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
// Wherever in the United States, 555-0100 to 555-0199 belong to nobody; in Britain a thousand numbers of each of these.
const americanAreas = [
  '201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240',
  '248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314',
  '315 316 317 318 319 320 321 323 325 330 334 336 337 339 347 351 352 360 361 386 401 402 404 405 406',
  '407 408 409 410 412 413 414 415 417 419 423 424 425 430 432 434 435 440 443 469 470 475 478 479 480',
].flatMap((codes) => codes.split(' '))
const britishAreas = [
  ...['7700 900', '113 4960', '114 4960', '115 4960', '116 4960', '117 4960', '118 4960'],
  ...['121 4960', '131 4960', '141 4960', '151 4960', '161 4960', '1632 960', '20 7946 0'],
]

const american = (n: number) => [turn(americanAreas, n / 100), `01${digits(n, 2)}`] as const
const british = (n: number) => `+44 ${turn(britishAreas, n / 1000)}${digits(n, 3)}`
const places = [
  { city: 'New York', postcode: '10001', country: 'US', phone: (n: number) => `+1 ${american(n).join(' 555 ')}` },
  { city: 'San José', postcode: '95110', country: 'US', phone: (n: number) => `(${american(n).join(') 555-')}` },
  { city: 'Chicago', postcode: '60601', country: 'US', phone: (n: number) => american(n).join('.555.') },
  { city: 'London', postcode: 'SW1A 1AA', country: 'GB', phone: british },
  // Australia keeps single numbers for fiction: everybody would share them.
  { city: 'Sydney', postcode: '2000', country: 'AU', phone: () => null },
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
  return place.phone(n)
}

// A small integer hash: the same draw for the same person and question, on every machine.
function draw(n: number, question: number): number {
  let x = Math.imul(n, 0x9e3779b1) ^ Math.imul(question, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d)
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39)
  return (x ^ (x >>> 15)) >>> 0
}

const pick = <T>(list: readonly T[], n: number, question: number): T => turn(list, draw(n, question))

function turn<T>(list: readonly T[], at: number): T {
  const found = list[Math.floor(at) % list.length]
  if (found === undefined) throw new Error('The list to pick from is empty.')
  return found
}

const digits = (n: number, count: number) => String(n % 10 ** count).padStart(count, '0')

const ascii = (name: string) => {
  const plain = name.replaceAll('ø', 'o').replaceAll('ß', 'ss').normalize('NFKD')
  return plain.replace(/[^A-Za-z]/g, '').toLowerCase()
}
