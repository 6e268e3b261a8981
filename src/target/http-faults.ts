import type { FaultName, FaultPlan } from './faults.ts'

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

// --- internal ---

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
