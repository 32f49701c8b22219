import { BlockList, isIP } from 'node:net'
import { type Normalise, Refusal } from './refusal.ts'

const NOT_AN_ADDRESS = new Refusal('not an IP address')
const PRIVATE = new Refusal('an address inside a network: it names nobody')

/** Addresses that are the same in many networks. */
const inside = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  inside.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  inside.addSubnet(network, bits, 'ipv6')

/** An address of the internet, of version 4 or 6, in lowercase. */
export const ipAddress: Normalise = (raw) => {
  const address = raw.trim().toLowerCase()
  if (address === '') return ''
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0) return NOT_AN_ADDRESS
  return inside.check(address, version === 6 ? 'ipv6' : 'ipv4') ? PRIVATE : address
}
