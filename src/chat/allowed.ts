import { isIP } from 'node:net'

/**
 * Whether load may go to a URL: its host is a loopback address, or it was named. Asked of the API, and again of the
 * broker that POST /connect names, so that nobody loads production by a typing error.
 */
export function isAllowed(url: string, allowed: readonly string[]): boolean {
  if (!URL.canParse(url)) return false
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  return isLoopback || allowed.some((name) => name.toLowerCase() === host)
}
