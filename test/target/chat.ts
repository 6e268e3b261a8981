import { SignJWT } from 'jose'
import type { CompactWorld } from '../../src/target/world.ts'
import {
  DEFAULT_JWT_SECRET,
  DEFAULT_TARGET,
  startTarget,
  type Target,
  type TargetOptions,
} from '../../src/target/server.ts'
import { openPeer, type Peer } from './peer.ts'

/** Users 1–4; room 1 has 1, 2 and 3, room 2 has 3 and 4, room 3 has 4 alone. */
export const WORLD: CompactWorld = { users: 4, firstUserId: 1, rooms: [[1, 2, 3], [3, 4], [4]] }

export interface Answer {
  status: number
  headers: Headers
  text: string
  json: unknown
}

/** A target in this process and what a test does with it. */
export interface Chat {
  readonly target: Target
  readonly unexpected: unknown[]
  /** POST of JSON with the user's token. */
  call(userId: number, path: string, body?: unknown): Promise<Answer>
  /** A connected STOMP session. */
  peer(heartBeat?: string): Promise<Peer>
  /** A session subscribed to these keys, each with itself as id. */
  listener(...keys: string[]): Promise<Peer>
  close(): Promise<void>
}

export async function startChat(options: Partial<TargetOptions> = {}): Promise<Chat> {
  const unexpected: unknown[] = []
  const target = await startTarget({ ...DEFAULT_TARGET, world: WORLD, ...options }, (error) =>
    unexpected.push(error),
  )
  const peers: Peer[] = []
  const chat: Chat = {
    target,
    unexpected,
    async call(userId, path, body) {
      return post(target, path, {
        authorization: `Bearer ${await tokenOf(userId)}`,
        body: body === undefined ? undefined : JSON.stringify(body),
      })
    },
    async peer(heartBeat) {
      const peer = await openPeer(target.address.stompUrl)
      peers.push(peer)
      await peer.connect(heartBeat)
      return peer
    },
    async listener(...keys) {
      const peer = await chat.peer()
      for (const key of keys) await peer.subscribe(key, key)
      return peer
    },
    async close() {
      for (const { socket } of peers) socket.terminate()
      await target.close()
    },
  }
  return chat
}

export async function post(
  { address }: Pick<Target, 'address'>,
  path: string,
  request: {
    authorization?: string
    body?: string | undefined
    type?: string
    method?: string
    signal?: AbortSignal
  } = {},
): Promise<Answer> {
  const { authorization, body, type = 'application/json', method = 'POST', signal } = request
  const response = await fetch(`${address.apiUrl}${path}`, {
    method,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? (JSON.parse(text) as unknown) : undefined,
  }
}

/** A good token of a user, with these claims changed. */
export function tokenOf(userId: number, claims: Record<string, unknown> = {}): Promise<string> {
  const expiresAtS = Math.floor(Date.now() / 1e3) + 3_600
  return new SignJWT({ sub: String(userId), exp: expiresAtS, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(DEFAULT_JWT_SECRET))
}

/** A message for a room, as the guide sends it. */
export function message(roomId: number, content: string): unknown {
  return { roomId, message: { message_type: 'text', content } }
}

/** The seven calls, each with a body that fits. */
export const CALLS = [
  ['/chat-ws/connect', undefined],
  ['/chat-ws/send-message', message(1, 'hello')],
  ['/chat-ws/typing-start', { roomId: 1 }],
  ['/chat-ws/typing-end', { roomId: 1 }],
  ['/chat-ws/join-room', { roomId: 1 }],
  ['/chat-ws/leave-room/1', undefined],
  ['/chat-ws/disconnect', undefined],
] as const
