import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { reasonOf, StompedeError } from '../errors.ts'

/**
 * Resolves with the port once the server listens; port 0 takes a free one.
 * @throws StompedeError TARGET_FAILED that names the address.
 */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port, backlog: 4096 }, resolve)
  await promise.catch((error: unknown) => {
    throw new StompedeError('TARGET_FAILED', `cannot listen on ${host}:${port}: ${reasonOf(error)}`, {
      cause: error,
    })
  })
  server.off('error', reject)
  return (server.address() as AddressInfo).port
}

/** How a host stands in a URL; an address that means "all" is reached through loopback. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
