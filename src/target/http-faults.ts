import { hits, type FaultName, type FaultPlan } from './faults.ts'

/** What a planted fault does to a request instead of, or after, carrying it out. */
export type Sabotage =
  | { kind: 'answer'; status: 500 | 502; contentType: string; body: string }
  | { kind: 'hang' }
  | { kind: 'reset' }
  | { kind: 'delay'; delayMs: number }

/** Says for each request which fault hits it; undefined when no HTTP fault is active. The first due one wins. */
export function createSabotage(plan: FaultPlan): ((path: string) => Sabotage | undefined) | undefined {
  const active = (Object.keys(SABOTAGE) as HttpFault[]).flatMap((name) => {
    const fault = plan.switches[name]
    return fault === undefined ? [] : [{ sabotage: SABOTAGE[name], fault }]
  })
  if (active.length === 0) return undefined
  return (path) => {
    for (const { sabotage, fault } of active) {
      if (!fault.isDue()) continue
      fault.planted({ path })
      return sabotage
    }
    return undefined
  }
}

/** What planted faults make of an answer that is ready; undefined when none of them is active. */
export function createDisguise({
  switches,
}: FaultPlan): ((method: string, path: string, answer: Response) => Response) | undefined {
  const active = (Object.keys(DISGUISES) as DisguiseFault[]).flatMap((name) => {
    const fault = switches[name]
    return fault === undefined ? [] : [{ ...DISGUISES[name], fault }]
  })
  if (active.length === 0) return undefined
  return (method, path, answer) => {
    let seen = answer
    for (const { fits, disguise, fault } of active)
      if (fits(method, path, seen) && hits(fault, { path })) seen = disguise(seen)
    return seen
  }
}

// --- internal ---

type DisguiseFault = Extract<FaultName, 'cacheable' | 'no-challenge' | 'method-500' | 'send-as-text'>

interface Disguise {
  fits: (method: string, path: string, answer: Response) => boolean
  disguise: (answer: Response) => Response
}

const DISGUISES: Readonly<Record<DisguiseFault, Disguise>> = {
  cacheable: { fits: () => true, disguise: (answer) => without(answer, 'Cache-Control') },
  'no-challenge': {
    fits: (_method, _path, { status }) => status === 401,
    disguise: (answer) => without(answer, 'WWW-Authenticate'),
  },
  'method-500': {
    fits: (method) => method !== 'POST',
    disguise: () => Response.json({ statusCode: 500, message: 'Internal server error' }, { status: 500 }),
  },
  'send-as-text': {
    fits: (_method, path, { ok }) => ok && path.endsWith('/send-message'),
    disguise: ({ status }) => new Response('sent', { status, headers: { 'Content-Type': 'text/plain' } }),
  },
}

function without({ status, headers, body }: Response, name: string): Response {
  const rest = new Headers(headers)
  rest.delete(name)
  return new Response(body, { status, headers: rest })
}

type HttpFault = Extract<FaultName, 'http-500' | 'http-html' | 'http-slow' | 'http-hang' | 'http-reset'>

const SABOTAGE: Readonly<Record<HttpFault, Sabotage>> = {
  'http-500': {
    kind: 'answer',
    status: 500,
    contentType: 'application/json',
    body: '{"statusCode":500,"message":"Internal server error"}',
  },
  'http-html': {
    kind: 'answer',
    status: 502,
    contentType: 'text/html',
    body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n',
  },
  'http-slow': { kind: 'delay', delayMs: 2_000 },
  'http-hang': { kind: 'hang' },
  'http-reset': { kind: 'reset' },
}
