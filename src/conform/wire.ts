import { isUtf8 } from 'node:buffer'
import { reasonOf } from '../errors.ts'
import type { TlsOptions } from '../stomp/client.ts'
import {
  encodeFrame,
  FrameDecoder,
  type DecoderOptions,
  type EncodeOptions,
  type Frame,
  type FrameFault,
  type HeaderPairs,
} from '../stomp/frame.ts'
import { abandon, openWebSocket, WebSocket } from '../stomp/socket.ts'
import { afterPatience } from './patience.ts'
import { received, type Received } from './received.ts'
import type { Transcript } from './transcript.ts'
import { unmet } from './unmet.ts'

/** How a connection ended. */
export interface WireEnd {
  /** The close code; 1006 when it ended without a close frame or was never open. */
  readonly code: number
  readonly reason: string
  /** What the socket said, where it failed. */
  readonly error: string | null
  /** We closed it. */
  readonly isOurs: boolean
  readonly atMs: number
}

/** One WebSocket message as it was read. */
export interface WireRead {
  readonly atMs: number
  readonly bytes: number
  readonly isBinary: boolean
  /** Nothing but EOLs: a heart-beat. */
  readonly isBeat: boolean
}

export interface WireOptions {
  url: string
  subprotocols: readonly string[]
  /** Of the upgrade request, e.g. Origin. */
  headers: Readonly<Record<string, string>>
  tls: TlsOptions
  timeoutMs: number
  decoder: DecoderOptions
  /** What the history calls it: a name of its own, the case it belongs to, and whose it is. */
  entry: { connection: string; case: string; userId: number | null }
}

export interface WaitOptions {
  /** Only frames from this index of `frames` on. Default: all, those that have come already too. */
  from?: number
  /** Default: the patience of the gate. */
  timeoutMs?: number
  /** Also on a connection whose bytes were no STOMP frames; without it that is an unmet precondition. */
  isTolerant?: boolean
}

/**
 * One WebSocket that speaks STOMP by hand: it sends whatever it is told to and keeps whatever comes. It answers
 * nothing by itself, judges nothing, and no handler of it can throw; checks look at what it kept.
 */
export interface Wire {
  readonly name: string
  /** Whether the upgrade succeeded; if not, `end` says why. */
  readonly wasOpened: boolean
  /** The subprotocol that was agreed; '' for none. */
  readonly subprotocol: string
  readonly frames: readonly Received[]
  readonly reads: readonly WireRead[]
  /** Set once the bytes were no STOMP frame; nothing is decoded after it. */
  readonly fault: FrameFault | undefined
  /** Undefined while it is open. */
  readonly end: WireEnd | undefined
  /** Sends one WebSocket message: text, or binary for bytes unless `asText`. On a closed connection it is lost. */
  send(payload: string | Uint8Array, options?: { asText?: boolean }): void
  /** Encodes a frame and sends it. */
  frame(command: string, headers: HeaderPairs, body?: string | Uint8Array, options?: EncodeOptions): void
  /** The first frame that fits, waited for; undefined when the time is up or the connection ends without one. */
  next(fits: (frame: Received) => boolean, options?: WaitOptions): Promise<Received | undefined>
  /** Resolves with the end; with undefined when it is still open after `timeoutMs`. */
  ended(timeoutMs?: number): Promise<WireEnd | undefined>
  /** Sends a WebSocket ping and resolves with the payload of the pong, or undefined. */
  ping(payload: Uint8Array, timeoutMs?: number): Promise<Buffer | undefined>
  /** Sends an EOL every so many ms, until the connection ends or `stopBeating`. */
  beat(everyMs: number): void
  stopBeating(): void
  /** Resets the TCP connection without a goodbye, as a phone in a tunnel does. */
  drop(): void
  /** Closes by the WebSocket handshake and resolves when it is closed. */
  close(): Promise<void>
}

/** Opens a connection and resolves when it is open or has failed; never rejects. */
export async function openWire(name: string, options: WireOptions, transcript: Transcript): Promise<Wire> {
  const { clock } = transcript
  const frames: Received[] = []
  const reads: WireRead[] = []
  const waiting = new Set<() => void>()
  let subprotocol = ''
  let wasOpened = false
  let fault: FrameFault | undefined
  let end: WireEnd | undefined
  let error: string | null = null
  let isOurs = false
  let beating: NodeJS.Timeout | undefined

  const { entry } = options
  const keep = (
    direction: 'in' | 'out',
    { command, headers, body }: Pick<Received, 'command' | 'headers' | 'body'>,
    isBroken = false,
  ): void =>
    transcript.record({
      kind: 'frame',
      atMs: clock.nowMs(),
      connection: entry.connection,
      direction,
      command,
      headers,
      body,
      ...(isBroken ? { isUtf8: false } : {}),
    })
  // What is sent by hand need not be a frame; as far as it is, the history has it.
  const outgoing = new FrameDecoder({
    onFrame: (frame) => keep('out', { command: frame.command, headers: frame.headers(), body: frame.body }),
    onEol: () => undefined,
  })

  const wake = (): void => {
    for (const look of waiting) look()
  }
  const decoder = new FrameDecoder(
    {
      onFrame(frame: Frame) {
        const kept = received(frame, clock.nowMs(), frames.length)
        if (kept.command === 'CONNECTED') decoder.version = versionOf(kept)
        frames.push(kept)
        keep('in', kept, kept.body.includes('\uFFFD') && !isUtf8(kept.bodyBytes))
        transcript.frame(name, '←', kept.command, kept.headers, kept.body)
      },
      onEol: () => undefined,
    },
    options.decoder,
  )

  const onMessage = (data: Buffer, isBinary: boolean): void => {
    const isBeat = data.length <= 2 && /^\r?\n$/.test(data.toString('latin1'))
    reads.push({ atMs: clock.nowMs(), bytes: data.length, isBinary, isBeat })
    if (isBeat) transcript.socket(name, '←', 'heart-beat')
    const found = fault === undefined ? decoder.push(data) : undefined
    if (found !== undefined) {
      fault = found
      const { reason, offset, detail } = found
      transcript.socket(name, '←', `bytes that are no STOMP frame: ${reason} at ${offset}: ${detail}`)
    }
    wake()
  }

  const finish = (code: number, reason: string): void => {
    if (end !== undefined) return
    clearInterval(beating)
    end = { code, reason, error, isOurs, atMs: clock.nowMs() }
    const words = [`closed ${code}`, reason === '' ? '' : JSON.stringify(reason), error ?? ''].filter(Boolean)
    transcript.socket(name, isOurs ? '→' : '←', words.join(' '))
    const broken = fault === undefined ? null : fault.reason
    transcript.record({
      kind: 'closed',
      atMs: end.atMs,
      connection: entry.connection,
      code,
      isOurs,
      fault: broken,
    })
    wake()
  }

  /** Waits until `look` finds something, the connection ends or the time is up. */
  const wait = <T>(look: () => T | undefined, timeoutMs: number): Promise<T | undefined> => {
    const found = look()
    if (found !== undefined || end !== undefined || fault !== undefined) return Promise.resolve(found)
    return new Promise((resolve) => {
      const again = (): void => {
        const now = look()
        if (now === undefined && end === undefined && fault === undefined) return
        done(now)
      }
      const done = (value: T | undefined): void => {
        waiting.delete(again)
        callOff()
        resolve(value)
      }
      const callOff = afterPatience(timeoutMs, () => done(look()))
      waiting.add(again)
    })
  }

  let socket: WebSocket | undefined
  const wire: Wire = {
    name,
    get wasOpened() {
      return wasOpened
    },
    get subprotocol() {
      return subprotocol
    },
    frames,
    reads,
    get fault() {
      return fault
    },
    get end() {
      return end
    },
    send(payload, { asText = typeof payload === 'string' } = {}) {
      const bytes = Buffer.from(payload)
      transcript.bytesSent(name, bytes)
      outgoing.push(bytes)
      transcript.frame(name, '→', bytes.toString('utf8').replaceAll('\0', '^@'), [], '')
      if (socket?.readyState === WebSocket.OPEN) socket.send(bytes, { binary: !asText }, () => undefined)
    },
    frame(command, headers, body = '', encoding = {}) {
      const bytes = encodeFrame(command, headers, body, encoding)
      transcript.bytesSent(name, bytes)
      outgoing.push(bytes)
      transcript.frame(name, '→', command, headers, Buffer.from(body).toString('utf8'))
      if (socket?.readyState === WebSocket.OPEN) socket.send(bytes, { binary: false }, () => undefined)
    },
    next(fits, { from = 0, timeoutMs = options.timeoutMs, isTolerant = false } = {}) {
      let at = from
      const awaited = wait(() => {
        while (at < frames.length) {
          const frame = frames[at++] as Received
          if (fits(frame)) return frame
        }
        return undefined
      }, timeoutMs).then((found) => {
        if (found === undefined && fault !== undefined && !isTolerant)
          throw unmet(`${name} was sent bytes that are no STOMP frame (${fault.reason}): ${fault.detail}`)
        return found
      })
      // A check that failed elsewhere in the meantime waits for this no more; that must not end the process.
      awaited.catch(() => undefined)
      return awaited
    },
    ended: (timeoutMs = options.timeoutMs) =>
      new Promise((resolve) => {
        if (end !== undefined) return resolve(end)
        const done = (): void => {
          waiting.delete(again)
          callOff()
          resolve(end)
        }
        // Broken bytes wake every waiter once; the end may still be to come.
        const again = (): void => {
          if (end !== undefined) done()
        }
        const callOff = afterPatience(timeoutMs, done)
        waiting.add(again)
      }),
    async ping(payload, timeoutMs = options.timeoutMs) {
      if (socket?.readyState !== WebSocket.OPEN) return undefined
      let pong: Buffer | undefined
      const onPong = (data: Buffer): void => {
        pong ??= Buffer.from(data)
        transcript.socket(name, '←', `pong, ${data.length} bytes`)
        wake()
      }
      socket.on('pong', onPong)
      transcript.socket(name, '→', `ping, ${payload.length} bytes`)
      socket.ping(payload, undefined, () => undefined)
      const answered = await wait(() => pong, timeoutMs)
      socket.off('pong', onPong)
      return answered
    },
    beat(everyMs) {
      clearInterval(beating)
      beating = setInterval(() => {
        transcript.socket(name, '→', 'heart-beat')
        if (socket?.readyState === WebSocket.OPEN) socket.send('\n', () => undefined)
      }, everyMs)
    },
    stopBeating: () => clearInterval(beating),
    drop() {
      if (end !== undefined || socket === undefined) return
      isOurs = true
      abandon(socket)
      finish(1006, 'dropped')
    },
    async close() {
      if (end !== undefined || socket === undefined) return
      isOurs = true
      socket.close(1000)
      if ((await wire.ended(CLOSE_MS)) === undefined) wire.drop()
    },
  }

  const opening = new Promise<void>((resolve) => {
    try {
      class Upgrade extends WebSocket {
        constructor(url: string, protocols: string[], settings: WebSocket.ClientOptions) {
          super(url, protocols, { ...settings, headers: { ...options.headers } })
        }
      }
      const { url, tls, timeoutMs } = options
      transcript.socket(
        name,
        '→',
        `opens ${url} offering ${options.subprotocols.join(', ') || 'no subprotocol'}`,
      )
      // Of these only the URL, TLS and the limit concern the socket.
      const unused = { login: '', passcode: '', vhost: '', heartbeat: { outgoingMs: 0, incomingMs: 0 } }
      socket = openWebSocket(
        Upgrade,
        { ...unused, url, tls, timeoutMs, flavour: 'web' },
        options.subprotocols,
      )
    } catch (thrown) {
      error = reasonOf(thrown)
      finish(1006, '')
      resolve()
      return
    }
    const opened = socket
    const timer = setTimeout(() => {
      error = `not opened within ${options.timeoutMs} ms`
      opened.terminate()
    }, options.timeoutMs)
    opened.on('open', () => {
      clearTimeout(timer)
      wasOpened = true
      subprotocol = opened.protocol
      transcript.record({ kind: 'opened', atMs: clock.nowMs(), ...entry })
      transcript.socket(name, '←', `open, subprotocol ${subprotocol === '' ? 'none' : subprotocol}`)
      resolve()
    })
    opened.on('message', (data, isBinary) => onMessage(data as Buffer, isBinary))
    opened.on('error', (thrown) => (error ??= reasonOf(thrown)))
    opened.on('close', (code, reason) => {
      clearTimeout(timer)
      finish(code, reason.toString('utf8'))
      resolve()
    })
  })
  await opening
  return wire
}

// --- internal ---

const CLOSE_MS = 1_000

function versionOf(connected: Received): '1.0' | '1.1' | '1.2' {
  const version = connected.header('version')
  return version === '1.1' || version === '1.2' ? version : '1.0'
}
