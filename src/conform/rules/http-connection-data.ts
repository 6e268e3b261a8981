import { roomDestination } from '../actor.ts'
import { isOk, wordsOf } from '../http.ts'
import { connectHeaders } from '../login.ts'
import { fail, inconclusive, info, nonStrict, pass, type ActiveRule } from '../rule.ts'
import { listedIn, requireAnswer, requireOk, sendAccepted } from './answers.ts'
import { answerWords, isAnswer, openedWire } from './opened-wire.ts'

const COMMON = { section: 'http-connection', cost: 'quick', since: '0.2.0' } as const
const STEP = '연결 순서 / 1. 연결 정보 요청 (HTTP API)'

/** What POST /connect says, and whether it is true. */
export const httpConnectionDataRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'HTTP-CONN-02',
    level: 'MUST',
    title: 'stompUrl is a WebSocket URL that opens',
    basis: { document: 'guide', section: STEP, quote: '"stompUrl": "ws://localhost:15674/ws",' },
    sends: 'POST /connect as A and as B; a WebSocket upgrade to the connectionInfo.stompUrl of each.',
    expected: ['an absolute ws or wss URL, and 101, for both'],
    async check(stage) {
      const { a, b } = await stage.cast()
      for (const actor of [a, b]) {
        const answer = requireOk(await actor.call('connect'))
        const url = fieldOf(answer.json, 'connectionInfo', 'stompUrl')
        if (typeof url !== 'string' || !/^wss?:\/\//.test(url) || !URL.canParse(url))
          return fail(`stompUrl is ${JSON.stringify(url)}`, {
            path: '/connectionInfo/stompUrl',
            found: JSON.stringify(url ?? null),
          })
        const wire = await stage.wire(actor.name, { url })
        if (!wire.wasOpened) return fail(`${url} did not open: ${wire.end?.error ?? ''}`)
      }
      return pass('101 for both')
    },
  },
  {
    ...COMMON,
    id: 'HTTP-CONN-03',
    level: 'MUST',
    title: 'The credentials of POST /connect log in to the broker',
    basis: {
      document: 'guide',
      section: '연결 순서 / 2. STOMP WebSocket 연결',
      quote:
        "login: connectionInfo.username,\n      passcode: connectionInfo.password,\n      'host': connectionInfo.vhost",
    },
    sends:
      'POST /connect as A and as B; CONNECT with the username, password and vhost of the connectionInfo of each.',
    expected: ['CONNECTED, for both'],
    async check(stage) {
      const { a, b } = await stage.cast()
      let server: string | undefined
      for (const actor of [a, b]) {
        const { json } = requireOk(await actor.call('connect'))
        const [login, passcode, vhost] = ['username', 'password', 'vhost'].map((name) =>
          String(fieldOf(json, 'connectionInfo', name)),
        ) as [string, string, string]
        const wire = await openedWire(stage, actor.name)
        wire.frame('CONNECT', connectHeaders({ ...stage.broker, login, passcode, vhost }))
        const answer = await wire.next(isAnswer)
        if (answer?.command !== 'CONNECTED')
          return fail(`the credentials of ${actor.name} gave ${answerWords(wire, answer)}`)
        server = answer.header('server')
      }
      return pass(`CONNECTED by ${server ?? 'a server without a name'}, for both`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-CONN-04',
    level: 'MUST',
    title: 'Each subscription’s destination is its room’s, and no room comes twice',
    basis: {
      document: 'guide',
      section: STEP,
      quote: '"destination": "/exchange/chat.direct/room.1",\n      "roomId": 1,',
    },
    sends: 'POST /connect with A’s token.',
    expected: ['every destination is /exchange/chat.direct/room.<roomId>; the roomIds are unique'],
    async check(stage) {
      const { a } = await stage.cast()
      const rooms = subscriptionsOf(requireOk(await a.call('connect')).json)
      if (rooms === undefined) return fail('subscriptions is no list of objects')
      const seen = new Set<unknown>()
      for (const [i, { destination, roomId }] of rooms.entries()) {
        if (typeof roomId !== 'number' || destination !== roomDestination(roomId))
          return fail(`room ${JSON.stringify(roomId)} has the destination ${JSON.stringify(destination)}`, {
            path: `/subscriptions/${i}/destination`,
            found: JSON.stringify(destination ?? null),
          })
        if (seen.has(roomId)) return fail(`room ${roomId} is listed twice`)
        seen.add(roomId)
      }
      return rooms.length === 0 ? inconclusive('A has no rooms') : pass(`${rooms.length} rooms`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-CONN-05',
    level: 'MUST',
    title: 'userInfo is about the user of the token',
    basis: {
      document: 'guide',
      section: STEP,
      quote:
        '"userInfo": {\n    "userId": 123,\n    "email": "user@example.com",\n    "userType": "user"\n  }',
    },
    sends: 'POST /connect as A and as B.',
    expected: ['userId is that of the token, for both'],
    async check(stage) {
      const { a, b } = await stage.cast()
      for (const actor of [a, b]) {
        const userId = fieldOf(requireOk(await actor.call('connect')).json, 'userInfo', 'userId')
        if (userId !== actor.userId)
          return fail(`userInfo.userId is ${JSON.stringify(userId)} for the token of user ${actor.userId}`, {
            path: '/userInfo/userId',
            found: JSON.stringify(userId ?? null),
          })
      }
      return pass(`userId ${a.userId} and ${b.userId}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-CONN-06',
    level: 'MUST',
    title: 'POST /connect lists the user’s rooms and no other',
    basis: {
      document: 'derived',
      section: 'membership',
      quote: 'The subscriptions of POST /connect are exactly the rooms the user is a member of.',
    },
    sends: 'POST /connect as C before C joins a room of A and B, after it, and after C has left it again.',
    expected: [
      'the room of A and B is listed while C is in it, and not before or after; C’s own room is listed',
      'C’s own room and no other; C may not join',
    ],
    severity: 'high',
    remedy: 'List rooms by the memberships of the token’s user, on the server’s own data.',
    async check(stage) {
      const cast = await stage.cast()
      const { c, rooms } = cast
      const listed = async (): Promise<ReadonlySet<unknown>> => listedIn(requireOk(await c.call('connect')))
      const before = await listed()
      if (before.has(rooms.shared)) return fail(`room ${rooms.shared} is listed, though C is not in it`)
      const missing = [...cast.roomsOf(c)].filter((roomId) => !before.has(roomId))
      if (missing.length > 0) return fail(`room ${missing[0]} is not listed, though C is in it`)
      const foreign = [...before].filter((roomId) => !cast.roomsOf(c).has(roomId as number))
      if (foreign.length > 0) return fail(`room ${String(foreign[0])} is listed, though C is not in it`)
      const joined = await c.join(rooms.shared)
      if (!isOk(joined)) return nonStrict(`C’s own rooms alone; C may not join another (${joined.status})`)
      if (!(await listed()).has(rooms.shared))
        return fail(`room ${rooms.shared} is not listed after C joined it`)
      // That a member may leave at all is for HTTP-LEAVE-01 to say.
      if (isOk(await c.leave(rooms.shared)) && (await listed()).has(rooms.shared))
        return fail(`room ${rooms.shared} is still listed after C left it`)
      return pass(`C’s ${before.size} room, and the other one while C was in it`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-CONN-07',
    level: 'SHOULD',
    title: 'A second device does not silence the first',
    basis: {
      document: 'derived',
      section: 'sessions',
      quote: 'A user may be connected with several devices; each receives.',
    },
    sends: 'B connects and listens, then again with a phone; A sends.',
    expected: ['both devices receive'],
    async check(stage) {
      const { a, b, rooms, device } = await stage.cast()
      const phone = device(b, 'phone')
      await b.connect()
      const first = await b.listen(rooms.shared)
      await phone.connect()
      const second = await phone.listen(rooms.shared)
      const isHeard = [false, false]
      // A message that one of them misses now and then is for SEM-DEL-01 to count.
      for (let attempt = 0; attempt < ATTEMPTS && isHeard.includes(false); attempt++) {
        const sent = await sendAccepted(a, rooms.shared, ' to both devices')
        const found = await Promise.all([first, second].map((each) => each.message(sent)))
        for (const [i, frame] of found.entries()) isHeard[i] ||= frame !== undefined
      }
      const deaf = ['the first device', 'the second device'].filter((_, i) => isHeard[i] === false)
      if (deaf.length === 2) return inconclusive('no message reached either device')
      return deaf.length === 0 ? pass('both devices receive') : fail(`${deaf.join(' and ')} receives nothing`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-CONN-08',
    level: 'SHOULD',
    title: 'Users do not share one login of the broker',
    basis: {
      document: 'derived',
      section: 'isolation',
      quote: 'A broker can only keep users apart that log in to it as different users.',
    },
    sends: 'POST /connect as A and as B.',
    expected: ['different usernames'],
    severity: 'high',
    remedy:
      'Hand out broker credentials per user (an HTTP or OAuth 2 authentication backend), so that the broker can authorise by user.',
    async check(stage) {
      const { a, b } = await stage.cast()
      const [one, two] = [await a.call('connect'), await b.call('connect')].map((answer) =>
        fieldOf(requireOk(answer).json, 'connectionInfo', 'username'),
      )
      return one !== two ? pass('each has a login of its own') : fail(`both log in as ${JSON.stringify(one)}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-CONN-09',
    level: 'SHOULD',
    title: 'The answer with credentials is not stored on its way',
    basis: {
      document: 'derived',
      section: 'disclosure',
      quote:
        'An answer with credentials is for who asked alone: nothing on its way keeps it (RFC 9111, 5.2.2.5), nobody reads it.',
    },
    sends: 'POST /connect with A’s token.',
    expected: ['Cache-Control: no-store; and wss where the API is https'],
    severity: 'low',
    remedy: 'Send Cache-Control: no-store with every answer that holds credentials, and hand out wss URLs.',
    async check(stage) {
      const { a } = await stage.cast()
      const answer = requireAnswer(await a.call('connect'))
      if (!isOk(answer)) return inconclusive(`POST /connect gave ${wordsOf(answer)}`)
      const control = answer.headers['cache-control'] ?? ''
      if (!/\bno-store\b/i.test(control))
        return fail(`Cache-Control is ${control === '' ? 'missing' : control}`)
      const url = fieldOf(answer.json, 'connectionInfo', 'stompUrl')
      const isPlain = typeof url === 'string' && url.startsWith('ws:')
      return isPlain && stage.apiUrl.startsWith('https:')
        ? fail(`the API is https, stompUrl is ${url}`)
        : pass(control)
    },
  },
]

/** POST /disconnect. */
export const httpDisconnectionRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'HTTP-DISC-01',
    level: 'MUST',
    title: 'POST /disconnect is answered with success',
    basis: { document: 'guide', section: '연결 해제', quote: '// 1. 서버에 연결 해제 알림' },
    sends: 'A connects, then POST /disconnect.',
    expected: ['2XX'],
    async check(stage) {
      const { a } = await stage.cast()
      await a.connect()
      const answer = requireAnswer(await a.disconnect())
      return isOk(answer) ? pass(wordsOf(answer)) : fail(`POST /disconnect gave ${wordsOf(answer)}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-DISC-02',
    level: 'SHOULD',
    title: 'POST /disconnect twice, or without a connection, is no server error',
    basis: {
      document: 'RFC 9110',
      section: '15.6 Server Error 5xx',
      quote:
        'The 5xx (Server Error) class of status code indicates that the server is aware that it has erred or is incapable of performing the requested method.',
    },
    sends: 'POST /disconnect of A twice after connecting; then of B, who is not connected.',
    expected: ['no 5XX'],
    async check(stage) {
      const { a, b } = await stage.cast()
      await a.connect()
      // A goodbye that fails in any case is for HTTP-DISC-01 to say.
      const first = requireOk(await a.disconnect())
      const answers = [first, ...[await a.disconnect(), await b.disconnect()].map(requireAnswer)]
      const failed = answers.find(({ status }) => status >= 500)
      return failed === undefined
        ? pass(answers.map(({ status }) => status).join(', '))
        : fail(`POST /disconnect gave ${wordsOf(failed)}`)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-DISC-03',
    level: 'INFO',
    title: 'Whether the broker’s credentials still work after POST /disconnect',
    basis: {
      document: 'derived',
      section: 'sessions',
      quote: 'Credentials that outlive the session are as good as a key under the mat.',
    },
    sends: 'POST /disconnect of A, then CONNECT with the credentials it had.',
    expected: ['recorded'],
    async check(stage) {
      const { a } = await stage.cast()
      await a.connect()
      await a.disconnect()
      const still = await stage.stomp('A again').then(
        () => 'still valid',
        () => 'refused',
      )
      return info(still)
    },
  },
]

// --- internal ---

const ATTEMPTS = 3

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldOf(json: unknown, outer: string, inner: string): unknown {
  const part = isObject(json) ? json[outer] : undefined
  return isObject(part) ? part[inner] : undefined
}

function subscriptionsOf(json: unknown): readonly Readonly<Record<string, unknown>>[] | undefined {
  const list = isObject(json) ? json['subscriptions'] : undefined
  return Array.isArray(list) && list.every(isObject) ? list : undefined
}
