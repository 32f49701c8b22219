const hidden = '•••'

/** Enough of a value to recognise its form by, and not enough to know it: "a•••@e•••.test", "+1•••", "•••". */
export function mask(value: string): string {
  const text = value.trim()
  const address = /^([^@]{2,})@([^@.]{2,})\.([^@]*\.)?([^@.]{2,10})$/.exec(text)
  if (address) return `${first(address[1])}${hidden}@${first(address[2])}${hidden}.${address[4]}`
  if (text.startsWith('+') && text.length > 6) return `${text.slice(0, 2)}${hidden}`
  return text.length > 2 ? `${first(text)}${hidden}` : hidden
}

const first = (text = '') => [...text][0] ?? ''
