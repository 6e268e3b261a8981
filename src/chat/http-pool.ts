import { type Dispatcher, Pool } from 'undici'

/** A whole answer of a server. */
export interface HttpAnswer {
  status: number
  contentType: string | undefined
  body: Buffer
}

export interface HttpRequest {
  method: Dispatcher.HttpMethod
  path: string
  headers: Record<string, string>
  body: string | null
}

export interface HttpPoolOptions {
  /** One limit for a whole call, so that a body that trickles cannot stretch it. */
  timeoutMs: number
  /** Most connections at once; what is asked beyond them waits. */
  connections: number
  mostBytes: number
  localAddress?: string
  tls?: { ca?: string; insecure?: boolean }
  /** A call begins while every connection is taken: it waits for us, not for the server. */
  onWait?: () => void
}

export interface HttpPool {
  /** Asks once: no redirect is followed, nothing is tried again. Rejects with CallTimeout or undici's error. */
  ask(request: HttpRequest): Promise<HttpAnswer>
  close(): Promise<void>
}

/** A call was not answered to its last byte in time. */
export class CallTimeout extends Error {}

/** Opens pooled, kept-alive HTTP/1.1 connections to one origin. */
export function openHttpPool(origin: string, options: HttpPoolOptions): HttpPool {
  const { timeoutMs, connections, mostBytes, localAddress, tls, onWait } = options
  let open = 0
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: mostBytes,
    connect: {
      timeout: timeoutMs,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.insecure === true ? { rejectUnauthorized: false } : {}),
    },
  })
  return {
    ask: (request) => {
      if (open >= connections) onWait?.()
      open++
      return new Promise<HttpAnswer>((resolve, reject) => {
        pool.dispatch(request, new Asking(timeoutMs, resolve, reject))
      }).finally(() => open--)
    },
    close: () => pool.destroy(),
  }
}

// --- internal ---

/**
 * One call, heard as its bytes come. No AbortSignal.timeout and no body stream: the signal's weak references keep all of a
 * call in memory until the next major collection, which at thousands of calls a second is most of what is collected then.
 */
class Asking implements Dispatcher.DispatchHandler {
  private readonly timer: NodeJS.Timeout
  private readonly resolve: (answer: HttpAnswer) => void
  private readonly reject: (error: Error) => void
  private controller: Dispatcher.DispatchController | undefined
  private isLate = false
  private status = 0
  private contentType: string | undefined
  private body: Buffer | undefined
  private more: Buffer[] | undefined

  constructor(timeoutMs: number, resolve: (answer: HttpAnswer) => void, reject: (error: Error) => void) {
    this.resolve = resolve
    this.reject = reject
    this.timer = setTimeout(() => this.giveUp(), timeoutMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Its time may have run out while it waited for a connection: then it is not sent.
    if (this.isLate) controller.abort(new CallTimeout())
    else this.controller = controller
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Below 200 are interim answers: the one that counts is still to come.
    if (status < 200) return
    this.status = status
    const type = headers['content-type']
    this.contentType = Array.isArray(type) ? type[0] : type
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.body === undefined) this.body = chunk
    else (this.more ??= [this.body]).push(chunk)
  }

  onResponseEnd(): void {
    clearTimeout(this.timer)
    const body = this.more === undefined ? (this.body ?? NOTHING) : Buffer.concat(this.more)
    this.resolve({ status: this.status, contentType: this.contentType, body })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.timer)
    this.reject(error)
  }

  private giveUp(): void {
    this.isLate = true
    const error = new CallTimeout()
    this.reject(error)
    this.controller?.abort(error)
  }
}

const NOTHING = Buffer.alloc(0)
