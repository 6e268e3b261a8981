import { once } from 'node:events'
import { WebSocket } from 'ws'

/**
 * A bare WebSocket that speaks STOMP by hand-written text, so that no codec of ours stands between a test and the
 * bytes of the broker.
 */
export interface Peer {
  readonly socket: WebSocket
  /** Every text message so far, heart-beats included. */
  readonly heard: readonly string[]
  send(text: string): void
  /** The next text message not yet taken; rejects when the connection ends or 5 s pass first. */
  next(): Promise<string>
  /** How the connection ended. */
  readonly ended: Promise<{ code: number; reason: string }>
  /** CONNECT 1.2 as guest; the answer. */
  connect(heartBeat?: string): Promise<string>
  /** SUBSCRIBE with a receipt to a key of chat.direct, and its RECEIPT. */
  subscribe(id: string, key: string): Promise<void>
}

export async function openPeer(url: string, protocols: string[] = ['v12.stomp']): Promise<Peer> {
  const socket = new WebSocket(url, protocols)
  const heard: string[] = []
  const ready: string[] = []
  const waiting: PromiseWithResolvers<string>[] = []
  socket.on('message', (data) => {
    const text = (data as Buffer).toString()
    heard.push(text)
    const first = waiting.shift()
    if (first === undefined) ready.push(text)
    else first.resolve(text)
  })
  const ended = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      for (const { reject } of waiting) reject(new Error(`closed with ${code} "${reason.toString()}"`))
      resolve({ code, reason: reason.toString() })
    })
  })
  await once(socket, 'open')

  const peer: Peer = {
    socket,
    heard,
    ended,
    send: (text) => socket.send(text),
    next() {
      const text = ready.shift()
      if (text !== undefined) return Promise.resolve(text)
      const wanted = Promise.withResolvers<string>()
      const timer = setTimeout(() => wanted.reject(new Error('nothing came within 5 s')), 5_000)
      waiting.push(wanted)
      return wanted.promise.finally(() => clearTimeout(timer))
    },
    connect(heartBeat = '0,0') {
      peer.send(
        `CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:guest\nheart-beat:${heartBeat}\n\n\0`,
      )
      return peer.next()
    },
    async subscribe(id, key) {
      peer.send(`SUBSCRIBE\nid:${id}\ndestination:/exchange/chat.direct/${key}\nreceipt:sub-${id}\n\n\0`)
      const receipt = await peer.next()
      if (receipt !== `RECEIPT\nreceipt-id:sub-${id}\n\n\0\n`) throw new Error(`no RECEIPT but ${receipt}`)
    },
  }
  return peer
}

/** The body of a MESSAGE as it stands between the empty line and the NUL. */
export function bodyOf(frame: string): string {
  return frame.slice(frame.indexOf('\n\n') + 2, frame.lastIndexOf('\0'))
}
