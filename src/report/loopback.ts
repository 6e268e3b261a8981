import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/**
 * Whether a request names a loopback address as whom it asks. A page elsewhere that has its own name lead to this machine
 * (DNS rebinding) would otherwise be let in by the browser.
 */
export function asksLoopback({ headers: { host = '' } }: IncomingMessage): boolean {
  return (
    URL.canParse(`http://${host}`) &&
    isLoopback(new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1'))
  )
}
