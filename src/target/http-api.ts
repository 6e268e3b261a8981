import type { Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import type { CallName } from '../chat/contract.ts'
import { nowUs } from '../clock.ts'
import { reasonOf } from '../errors.ts'
import type { Authenticate } from './authentication.ts'
import { BrokerDown } from './broker.ts'
import { createCalls, refuse, type CallParts, type CallRequest, type Reply } from './calls.ts'
import { hits } from './faults.ts'
import { createDisguise, createSabotage } from './http-faults.ts'
import { listen, urlHost } from './listening.ts'
import type { WorldUser } from './world.ts'

export interface HttpApiParts extends CallParts {
  authenticate: Authenticate
  /** Told about what nobody foresaw; the client gets a 500 without details. */
  onUnexpected: (error: unknown) => void
}

export interface HttpApi {
  /** E.g. `http://127.0.0.1:5700`; the calls are below `/chat-ws`. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves the guide's seven calls below `/chat-ws`. Refusals are worded as NestJS words them.
 * @throws StompedeError TARGET_FAILED when the address cannot be listened on.
 */
export async function startHttpApi(parts: HttpApiParts, host: string, port: number): Promise<HttpApi> {
  const server = createAdaptorServer({ fetch: createApp(parts).fetch }) as Server
  // Longer than clients keep an idle connection, so that none sends into one that is being closed.
  server.keepAliveTimeout = 120_000
  const boundPort = await listen(server, host, port)
  return {
    url: `http://${urlHost(host)}:${boundPort}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

// --- internal ---

type ApiContext = Context<{ Bindings: HttpBindings }>

const BASE = '/chat-ws'
const MAX_BODY_BYTES = 1024 * 1024
const WITHOUT_BODY: readonly CallName[] = ['connect', 'leave-room', 'disconnect']

function createApp(parts: HttpApiParts): Hono<{ Bindings: HttpBindings }> {
  const calls = createCalls(parts)
  const app = new Hono<{ Bindings: HttpBindings }>()
  sabotage(app, parts)
  for (const name of Object.keys(calls) as CallName[]) {
    const path = `${BASE}/${name}${name === 'leave-room' ? '/:roomId' : ''}`
    app.post(path, async (context) => send(context, await handle(name, context)))
    app.all(path, (context) => {
      context.header('Allow', 'POST')
      return send(context, refuse(405, `Cannot ${context.req.method} ${context.req.path}`))
    })
  }
  app.notFound((context) => send(context, refuse(404, `Cannot ${context.req.method} ${context.req.path}`)))
  app.onError((error, context) => {
    if (error instanceof BrokerDown) return send(context, refuse(503, error.message))
    parts.onUnexpected(error)
    return send(context, refuse(500, 'Internal server error'))
  })
  return app

  async function handle(name: CallName, context: ApiContext): Promise<Reply> {
    const arrivedUs = nowUs()
    const authentication = await parts.authenticate(context.req.header('authorization'))
    if (!authentication.ok) return unauthorized(context, authentication.reason)
    const { userId, email, userType } = authentication.identity
    const known = parts.world.user(userId)
    if (known === undefined) return unauthorized(context, `no such user: ${userId}`)
    const user: WorldUser = { id: userId, email: email ?? known.email, userType: userType ?? known.userType }
    const { outgoing } = context.env
    const common: Omit<CallRequest, 'body'> = {
      user,
      roomIdText: context.req.param('roomId') ?? '',
      arrivedUs,
      // 'close' comes at the end of either kind: after the last byte, and when the connection breaks before it.
      onAnswered: (hear) =>
        outgoing.once('close', () => hear(outgoing.writableFinished ? outgoing.statusCode : undefined)),
    }
    if (WITHOUT_BODY.includes(name)) return calls[name]({ ...common, body: undefined })
    const read = await readBody(context)
    return read.ok ? calls[name]({ ...common, body: read.body }) : read.refusal
  }

  async function readBody(context: ApiContext): Promise<BodyRead> {
    const type = context.req.header('content-type')
    if (type === undefined || !JSON_TYPE.test(type)) {
      const isText = parts.plan.switches['accept-text']
      if (!hits(isText, { path: context.req.path }))
        return { ok: false, refusal: refuse(415, 'the body must be application/json') }
    }
    if (Number(context.req.header('content-length') ?? 0) > MAX_BODY_BYTES) return TOO_LARGE
    const text = await context.req.text().catch(() => undefined)
    if (text === undefined) return ABORTED
    if (Buffer.byteLength(text) > MAX_BODY_BYTES) return TOO_LARGE
    try {
      return { ok: true, body: JSON.parse(text) as unknown }
    } catch (error) {
      const fault = parts.plan.switches['json-500']
      if (fault?.isDue() !== true) return { ok: false, refusal: refuse(400, reasonOf(error)) }
      fault.planted({ path: context.req.path })
      return { ok: false, refusal: refuse(500, 'Internal server error') }
    }
  }
}

type BodyRead = { ok: true; body: unknown } | { ok: false; refusal: Reply }

const JSON_TYPE = /^application\/(?:[^;]*\+)?json *(?:;|$)/i
/** The client went away; the answer is for nobody, but a request has one. */
const ABORTED: BodyRead = { ok: false, refusal: refuse(400, 'request aborted') }
const TOO_LARGE: BodyRead = { ok: false, refusal: refuse(413, 'request entity too large') }

function send(context: ApiContext, { status, body }: Reply): Response {
  // Answers hold credentials and who is in which room: RFC 9111 5.2.2.5.
  context.header('Cache-Control', 'no-store')
  return context.json(body, status)
}

/** RFC 9110 11.6.1: a 401 must say how to authenticate; RFC 6750 3.1: the code only for a token that was given. */
function unauthorized(context: ApiContext, reason: string): Reply {
  const given = context.req.header('authorization') !== undefined
  context.header('WWW-Authenticate', given ? 'Bearer error="invalid_token"' : 'Bearer')
  return refuse(401, reason)
}

/** Puts the planted HTTP faults before every route; none active, none in the way. */
function sabotage(app: Hono<{ Bindings: HttpBindings }>, { plan }: HttpApiParts): void {
  const disguise = createDisguise(plan)
  if (disguise !== undefined) {
    app.use('*', async (context, next) => {
      await next()
      const { method, path } = context.req
      const seen = disguise(method, path, context.res)
      // Headers of the first answer would be put on the second.
      context.res = undefined
      context.res = seen
    })
  }
  const sabotageOf = createSabotage(plan)
  if (sabotageOf === undefined) return
  app.use('*', async (context, next) => {
    const fault = sabotageOf(context.req.path)
    if (fault === undefined) return next()
    if (fault.kind === 'answer') {
      return context.body(fault.body, fault.status, { 'Content-Type': fault.contentType })
    }
    if (fault.kind === 'reset') context.env.incoming.socket.resetAndDestroy()
    if (fault.kind !== 'delay') return new Promise<never>(() => undefined)
    await next()
    await delay(fault.delayMs, undefined, { ref: false })
    return undefined
  })
}
