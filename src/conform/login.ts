import type { BrokerAccess } from './environment.ts'

/** The headers of a good CONNECT; `changes` replaces some of them, undefined leaves one out. Heart-beats are off. */
export function connectHeaders(
  { login, passcode, vhost }: BrokerAccess,
  changes: Readonly<Record<string, string | undefined>> = {},
): [string, string][] {
  const headers: Record<string, string | undefined> = {
    'accept-version': '1.2,1.1,1.0',
    host: vhost,
    login,
    passcode,
    'heart-beat': '0,0',
    ...changes,
  }
  return Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined)
}
