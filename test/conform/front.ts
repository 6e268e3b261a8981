import { createServer, request as ask, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request on its way to the target, read to its end. */
export interface Passing {
  /** Below the base path: `/typing-end`. */
  call: string
  authorization: string
  body: string
}

/** What a front does with a request: answers it itself, sends it on later than it answers, or (undefined) lets it pass. */
export type Doing =
  { status: number; body?: string; type?: string } | { status: number; forwardAfterMs: number } | undefined

/** A gateway before a target's API, which does with some requests what the test wants; others pass as they are. */
export async function openFront(
  apiUrl: string,
  doing: (passing: Passing) => Doing,
): Promise<{ apiUrl: string; close(): Promise<void> }> {
  const target = new URL(apiUrl)
  const server = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then((body) => {
      const path = incoming.url ?? ''
      const authorization = incoming.headers.authorization ?? ''
      const done = doing({ call: path.replace(target.pathname, ''), authorization, body })
      const forward = (hear: (answer: IncomingMessage) => void): void => {
        const { method = 'POST', headers } = incoming
        const passed = ask(new URL(path, target), { method, headers }, hear)
        passed.on('error', () => outgoing.destroy())
        passed.end(body)
      }
      if (done === undefined) {
        forward((answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(outgoing)
        })
        return
      }
      const { status } = done
      const isLate = 'forwardAfterMs' in done
      if (isLate) setTimeout(() => forward((answer) => answer.resume()), done.forwardAfterMs)
      const own = isLate ? { body: undefined, type: undefined } : done
      const text = own.body ?? JSON.stringify({ statusCode: status, message: 'by the front', error: 'Front' })
      outgoing.writeHead(status, { 'content-type': own.type ?? 'application/json' }).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    apiUrl: `http://127.0.0.1:${port}${target.pathname}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

// --- internal ---

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
