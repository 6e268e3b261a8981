import { StompedeError } from '../../errors.ts'

export interface ListenAddress {
  host: string
  port: number
}

/** Reads `9464`, `0.0.0.0:9464`, `[::1]:9464`; without a host nobody but this machine can ask. Throws USAGE. */
export function listenAddress(flag: string, text: string): ListenAddress {
  const match = /^(?:(?<host>\[[\da-f:.]+\]|[\w.-]+):)?(?<port>\d{1,5})$/i.exec(text)
  const port = Number(match?.groups?.['port'])
  if (match === null || port > 65_535)
    throw new StompedeError('USAGE', `${flag} wants [HOST:]PORT (is ${JSON.stringify(text)})`)
  const host = match.groups?.['host']?.replace(/^\[(.*)\]$/, '$1')
  return { host: host ?? '127.0.0.1', port }
}
