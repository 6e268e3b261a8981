import { isUtf8 } from 'node:buffer'
import type { Socket } from 'node:net'
import { encodeTail, encodeWithTail, type HeaderPairs, type StompVersion } from '../stomp/frame.ts'

/** What delivering needs to know of a connection. */
export interface Receiver {
  readonly socket: Socket
  readonly version: StompVersion
  /** Messages delivered so far: the last part of message-id. */
  delivered: number
  /** False once the close handshake has begun: nothing may follow a close frame. */
  isOpen(): boolean
}

/** One subscription; its queue is the socket. */
export interface Subscription<R extends Receiver = Receiver> {
  readonly receiver: R
  /** Routing key on the exchange. */
  readonly key: string
  readonly id: string | undefined
  readonly destination: string
  /** The MESSAGE up to and with the last `@@` of its message-id: all that differs between subscribers but a number. */
  readonly head: Buffer
}

/** One message on its way to all subscribers of its key. What they share is encoded once. */
export interface Publication {
  readonly headers: HeaderPairs
  readonly body: Buffer
  tail(version: StompVersion): Buffer
  readonly isText: boolean
}

/** `T_<id>@@<session>@@<n>`, as RabbitMQ forms it, so that a gap in n betrays a lost frame. */
export function subscriptionHead(
  tag: string,
  sessionName: string,
  id: string | undefined,
  destination: string,
  version: StompVersion,
): Buffer {
  const headers: [string, string][] = [
    ['destination', destination],
    ['message-id', `${tag}@@${sessionName}@@`],
  ]
  if (id !== undefined) headers.unshift(['subscription', id])
  return encodeWithTail('MESSAGE', headers, NOTHING, version)
}

export function createPublication(headers: HeaderPairs, body: Buffer): Publication {
  const isMarked = headers.some(([name]) => name === 'redelivered')
  const all: HeaderPairs = isMarked ? headers : [['redelivered', 'false'], ...headers]
  const isVersioned = headers.some(([name, value]) => NEEDS_ESCAPE.test(name) || NEEDS_ESCAPE.test(value))
  const tails: Partial<Record<StompVersion, Buffer>> = {}
  return {
    headers: all,
    body,
    tail: (version) =>
      (tails[isVersioned ? version : '1.2'] ??= encodeTail(all, body, { version, trailingLf: true })),
    isText: isUtf8(body),
  }
}

/** Writes the MESSAGE to one subscriber. */
export function deliver({ receiver, head }: Subscription, publication: Publication): void {
  writeMessage(receiver, head, publication.tail(receiver.version), publication.isText)
}

/** Writes a MESSAGE made of a subscriber's head, the connection's next number and a tail. */
export function writeMessage(receiver: Receiver, head: Buffer, tail: Buffer, isText: boolean): void {
  const number = String(++receiver.delivered)
  const length = head.length + number.length + tail.length
  const frame = Buffer.allocUnsafe(length + headerBytes(length))
  let at = writeHeader(frame, length, isText)
  frame.set(head, at)
  at += head.length
  for (let i = 0; i < number.length; i++) frame[at++] = number.charCodeAt(i)
  frame.set(tail, at)
  if (receiver.isOpen()) receiver.socket.write(frame)
}

/** Writes one WebSocket text message. */
export function writeText(receiver: Receiver, payload: Buffer): void {
  const frame = Buffer.allocUnsafe(payload.length + headerBytes(payload.length))
  frame.set(payload, writeHeader(frame, payload.length, true))
  if (receiver.isOpen()) receiver.socket.write(frame)
}

// --- internal ---

const NOTHING = Buffer.alloc(0)
const NEEDS_ESCAPE = /[\\\r\n:]/

const FIN_TEXT = 0x81
const FIN_BINARY = 0x82
const LENGTH_16 = 126
const LENGTH_64 = 127

// The WebSocket header is written here and not by `ws`, in one buffer with the payload: one write system call a
// delivery and no copy of the shared part. RFC 6455 5.2; a server does not mask.

function headerBytes(length: number): number {
  return length < LENGTH_16 ? 2 : length < 65_536 ? 4 : 10
}

function writeHeader(frame: Buffer, length: number, isText: boolean): number {
  frame[0] = isText ? FIN_TEXT : FIN_BINARY
  if (length < LENGTH_16) {
    frame[1] = length
    return 2
  }
  if (length < 65_536) {
    frame[1] = LENGTH_16
    frame[2] = length >>> 8
    frame[3] = length & 0xff
    return 4
  }
  frame[1] = LENGTH_64
  frame.writeBigUInt64BE(BigInt(length), 2)
  return 10
}
