import { domainToASCII } from 'node:url'
import { type Normalise, Refusal } from './refusal.ts'

const NOT_A_DOMAIN = new Refusal('no domain name')

/** The domain of a company from a domain, an address or a web address: 'https://www.Example.test/about' → 'example.test'. */
export const domainName: Normalise = (raw) => {
  const text = raw.trim().toLowerCase()
  if (text === '') return ''
  const host = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/@?#]*@)?([^/:?#]+)/.exec(text)?.[1] ?? ''
  const name = domainToASCII(host)
    .replace(/^www\./, '')
    .replace(/\.$/, '')
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:[a-z]{2,63}|xn--[a-z0-9-]+)$/.test(name) ? name : NOT_A_DOMAIN
}
