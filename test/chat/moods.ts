import { request as httpRequest } from 'node:http'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { response, type RawRequest } from './raw-api.ts'

/** What the API in between does with a call, and what the client should call it: undefined for a success. */
export interface Mood {
  forward: boolean
  failure: string | undefined
  answer(socket: Socket, genuine: Buffer): void
}

export const well: Mood = {
  forward: true,
  failure: undefined,
  answer: (socket, genuine) => socket.write(genuine),
}
const status = (code: number, headers = {}): Mood => ({
  forward: false,
  failure: `status ${code}`,
  answer: (socket) => socket.write(response(code, '{"statusCode":0,"message":"no","error":"no"}', headers)),
})
const reset: Mood = { forward: false, failure: 'reset', answer: (socket) => socket.resetAndDestroy() }
const hang: Mood = { forward: false, failure: 'timeout', answer: () => {} }
const halfClosed: Mood = { forward: false, failure: 'reset', answer: (socket) => socket.end() }
const noHttp: Mood = {
  forward: false,
  failure: 'malformed',
  answer: (socket) => socket.write('what?\r\n\r\n'),
}
/** One byte a second: the limit of the call passes first. */
const trickle: Mood = {
  forward: true,
  failure: 'timeout',
  answer: (socket, genuine) => {
    let at = 0
    const timer = setInterval(() => socket.write(genuine.subarray(at, ++at)), 1000)
    socket.on('close', () => clearInterval(timer))
  },
}
const swallowed: Mood = { ...reset, forward: true }
export const wrongType: Mood = {
  ...well,
  answer: (socket, genuine) =>
    socket.write(Buffer.from(genuine.toString('latin1').replace('application/json', 'text/html'), 'latin1')),
}

const UNSTEADY = [well, status(503), well, reset, well, well, status(500), well]

/**
 * In turn, so that every run meets every mood. The first call of each list is the preflight's. A user whose first
 * connect failed is let in at the second, so that all are there when the first message is sent, and a third try to
 * send always succeeds, so that the end is not long in coming.
 */
export const MOODS: Readonly<Record<string, readonly Mood[]>> = {
  // One alone hangs, early, since all must be there when the first message is sent.
  connect: [well, well, hang, ...Array.from({ length: 14 }, () => UNSTEADY).flat()],
  'send-message': [
    well,
    status(500),
    wrongType,
    status(503, { 'retry-after': '1' }),
    reset,
    swallowed,
    well,
    hang,
    trickle,
    status(403),
    halfClosed,
    well,
    noHttp,
  ],
  disconnect: [well, well, status(502), well],
}

/** The documented retry ends at the first answer; one success is a success, otherwise one unclear try is unclear. */
export function fateOf(moods: readonly Mood[]): 'accepted' | 'rejected' | 'unknown' {
  if (moods.some(({ failure }) => failure === undefined)) return 'accepted'
  return moods.every(({ failure }) => failure === 'status 403') ? 'rejected' : 'unknown'
}

/** Makes the same call of the target and returns its answer as bytes. */
export async function relay({ line, headers, body }: RawRequest, apiUrl: string): Promise<Buffer> {
  const [method, path] = line.split(' ')
  return new Promise((resolve, reject) => {
    const call = httpRequest(new URL(path as string, apiUrl), { method, headers })
    call.on('error', reject)
    call.on('response', (answer) => {
      const type = answer.headers['content-type'] ?? null
      buffer(answer).then(
        (content) => resolve(response(answer.statusCode ?? 0, content, { 'content-type': type })),
        reject,
      )
    })
    call.end(body)
  })
}
