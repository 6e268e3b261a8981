import { isIP } from 'node:net'
import { StompedeError } from '../../errors.ts'

/**
 * The local addresses connections are made from: `127.0.0.2,127.0.0.3`, `127.0.0.2-127.0.0.20`, or both mixed.
 * One address has about 28,000 ports towards one target; n addresses have n times as many.
 */
export function parseSourceAddresses(text: string | undefined): string[] {
  if (text === undefined) return []
  return text.split(',').flatMap((part) => {
    const [first = '', last = first] = part.trim().split('-')
    if (isIP(first) === 6 && last === first) return [first]
    const from = numberOf(first)
    const to = numberOf(last)
    if (from === undefined || to === undefined || to < from || to - from > 1_000) {
      throw new StompedeError(
        'USAGE',
        `--source-addresses: ${JSON.stringify(part)} is not an address or a range of at most 1,000`,
      )
    }
    return Array.from({ length: to - from + 1 }, (_, i) => addressOf(from + i))
  })
}

// --- internal ---

function numberOf(address: string): number | undefined {
  if (isIP(address) !== 4) return undefined
  return address.split('.').reduce((value, octet) => value * 256 + Number(octet), 0)
}

function addressOf(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.')
}
