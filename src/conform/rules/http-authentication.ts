import type { CallName } from '../../chat/contract.ts'
import type { Actor, CallAnswer, CallChanges } from '../actor.ts'
import { fence } from '../fence.ts'
import { isRefused, wordsOf } from '../http.ts'
import { contentOf, eventOf, type Received } from '../received.ts'
import { fail, nonStrict, pass, shownBy, type ActiveRule, type Outcome } from '../rule.ts'
import type { Forgery } from '../forgery.ts'
import type { Stage } from '../stage.ts'
import { requireAnswer } from './answers.ts'

const REJECTED = {
  document: 'RFC 7519',
  section: '7.2 Validating a JWT',
  quote: 'If any of the listed steps fail, then the JWT MUST be rejected',
} as const

const EXPECTED = [
  '401 to each, and no event of A reaches the room',
  'another 4XX to some, and no event of A reaches the room',
] as const

const COMMON = {
  section: 'http-authentication',
  level: 'MUST',
  cost: 'quick',
  since: '0.2.0',
  severity: 'critical',
  isNegative: true,
} as const

/** Who may call at all. Each is asked of all seven calls; that nothing was carried out is proved by a fence. */
export const httpAuthenticationRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'HTTP-AUTH-01',
    title: 'A call without Authorization is refused and not carried out',
    basis: {
      document: 'RFC 9110',
      section: '15.5.2 401 Unauthorized',
      quote:
        'The 401 (Unauthorized) status code indicates that the request has not been applied because it lacks valid authentication credentials for the target resource.',
    },
    sends: 'Each of the seven calls as A, without an Authorization header.',
    expected: EXPECTED,
    remedy: 'Put the token check before every route of the chat API, not into single handlers.',
    check: (stage) => refusedEverywhere(stage, async () => [{ label: 'without Authorization', token: null }]),
  },
  {
    ...COMMON,
    id: 'HTTP-AUTH-02',
    title: 'Credentials that are no token are refused',
    basis: REJECTED,
    sends:
      'Each of the seven calls with "Bearer garbage", with an empty bearer token and with the scheme Basic.',
    expected: EXPECTED,
    remedy:
      'Refuse whatever the token library cannot parse and verify; never fall back to an anonymous user.',
    check: (stage) =>
      refusedEverywhere(stage, async () => [
        { label: 'with "Bearer garbage"', headers: { authorization: 'Bearer garbage' } },
        { label: 'with an empty token', headers: { authorization: 'Bearer ' } },
        { label: 'with Basic', headers: { authorization: 'Basic dXNlcjpwYXNz' } },
      ]),
  },
  {
    ...COMMON,
    id: 'HTTP-AUTH-03',
    title: 'A token whose signature was altered or made with another key is refused',
    basis: REJECTED,
    sends:
      'Each of the seven calls with A’s token, one character of its signature changed; then signed with a key of our own.',
    expected: EXPECTED,
    remedy:
      'Verify the signature with the deployment’s own key before any claim is read; decoding is not verifying.',
    check: (stage) => refusedForgeries(stage, ['altered signature', 'foreign key']),
  },
  {
    ...COMMON,
    id: 'HTTP-AUTH-04',
    title: 'An expired token is refused',
    basis: {
      document: 'RFC 7519',
      section: '4.1.4 "exp" (Expiration Time) Claim',
      quote:
        'The "exp" (expiration time) claim identifies the expiration time on or after which the JWT MUST NOT be accepted for processing.',
    },
    sends: 'Each of the seven calls with a validly signed token of A that expired two hours ago.',
    expected: EXPECTED,
    remedy:
      'Check exp on every request, with a leeway of minutes at most; do not switch it off (ignoreExpiration).',
    needs: ['signing-key'],
    check: (stage) => refusedForgeries(stage, ['expired']),
  },
]

/** What comes of `refusedForgeries`, the strict outcome first. */
export { EXPECTED as REFUSED_EVERYWHERE }

/** Makes every call as A with each of these tokens while B listens. */
export function refusedForgeries(stage: Stage, forgeries: readonly Forgery[]): Promise<Outcome> {
  return refusedEverywhere(stage, (a) =>
    Promise.all(
      forgeries.map(async (forgery) => ({ label: `with ${forgery}`, token: await stage.forged(a, forgery) })),
    ),
  )
}

// --- internal ---

type Attempt = CallChanges & { label: string }

/** Makes every call in every way as A while B listens; all must be 401 or at least 4XX, and B must see nothing of A but the fence. */
async function refusedEverywhere(
  stage: Stage,
  waysOf: (a: Actor) => Promise<readonly Attempt[]>,
): Promise<Outcome> {
  const { a, b, rooms } = await stage.cast()
  await b.connect()
  const listening = await b.listen(rooms.shared)
  const ways = await waysOf(a)
  const forbidden = new Set<string>()
  const wrong: { words: string; answer: CallAnswer }[] = []
  const lax: { words: string; answer: CallAnswer; body: unknown }[] = []
  for (const { label, ...changes } of ways) {
    const content = a.compose(rooms.shared, ' without credentials')
    forbidden.add(content)
    for (const [call, body] of bodiesOf(rooms.shared, content)) {
      // A room that is not there: where the call is carried out all the same, nobody is thrown out of one.
      const answer = requireAnswer(await a.call(call, body, { ...changes, roomId: rooms.absent }))
      if (answer.status === 401) continue
      const words = `${call} ${label}: ${wordsOf(answer)}`
      if (isRefused(answer)) lax.push({ words, answer, body })
      else wrong.push({ words, answer })
    }
  }
  if (wrong[0] !== undefined) return notRefused(wrong)
  const before = await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
  const leaked = listening
    .messages()
    .find((frame) => contentOf(frame) !== before.content && isOf(a.userId, forbidden, frame))
  if (leaked !== undefined) return fail('refused, yet carried out', { path: '', found: leaked.body })
  // Only now, since these calls may publish something of A themselves.
  const asGood = await answeredAsGood(a, lax, rooms.absent)
  if (asGood[0] !== undefined) return notRefused(asGood)
  if (lax.length > 0) return nonStrict(`${lax.length} calls were refused, but not with 401: ${fewOf(lax)}`)
  return pass(`401 to all ${ways.length * 7} calls, and nothing was carried out`)
}

/**
 * Those that A's good token is answered alike. A room that is not there, a member that joins, a user that is not connected:
 * such 4XX say nothing of the token, and a route that never looks at it gives them too.
 */
async function answeredAsGood<T extends { answer: CallAnswer; body: unknown }>(
  a: Actor,
  refusals: readonly T[],
  roomId: number,
): Promise<T[]> {
  const good = new Map<CallName, number>()
  for (const { answer, body } of refusals) {
    const { call } = answer
    if (GOOD_MAY_BE_REFUSED.has(call) && !good.has(call))
      good.set(call, (await a.call(call, body, { roomId })).status)
  }
  return refusals.filter(({ answer }) => good.get(answer.call) === answer.status)
}

const GOOD_MAY_BE_REFUSED: ReadonlySet<CallName> = new Set(['join-room', 'leave-room', 'disconnect'])

function notRefused(calls: readonly { words: string; answer: CallAnswer }[]): Outcome {
  const told = fail(`${calls.length} calls were not refused: ${fewOf(calls)}`)
  return calls[0] === undefined ? told : shownBy(told, calls[0].answer)
}

function fewOf(calls: readonly { words: string }[]): string {
  return calls
    .slice(0, 4)
    .map(({ words }) => words)
    .join('; ')
}

function bodiesOf(roomId: number, content: string): [CallName, unknown][] {
  return [
    ['connect', undefined],
    ['send-message', { roomId, message: { message_type: 'text', content } }],
    ['typing-start', { roomId }],
    ['typing-end', { roomId }],
    ['join-room', { roomId }],
    ['leave-room', undefined],
    ['disconnect', undefined],
  ]
}

/** Whether an event says that the user did something: a message, typing, coming online, leaving. */
function isOf(userId: number, forbidden: ReadonlySet<string>, frame: Received): boolean {
  const content = contentOf(frame)
  if (content !== undefined) return forbidden.has(content)
  return eventOf(frame)?.['userId'] === userId
}
