import { roomDestination, userDestination } from '../actor.ts'
import { fence } from '../fence.ts'
import { connectHeaders } from '../login.ts'
import { frameWords } from '../received.ts'
import { deviation, fail, inconclusive, pass, skip, type ActiveRule } from '../rule.ts'
import { endWords, subscribe } from '../subscription.ts'
import { answerWords, isAnswer, openedWire } from './opened-wire.ts'

const COMMON = { section: 'isolation', level: 'MUST', cost: 'quick', since: '0.2.0' } as const

/** What the broker itself lets a client do, past the API. */
export const brokerAccessRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'SEC-CRED-01',
    title: 'Nobody logs in to the broker without credentials',
    basis: {
      document: 'guide',
      section: '연결 정보',
      quote: '**인증**: RabbitMQ 기본 인증 (guest/guest)',
    },
    sends: 'CONNECT without login and passcode; then a good one on another connection.',
    expected: ['ERROR or a close, and no CONNECTED'],
    severity: 'critical',
    remedy:
      'Unset the default user of the STOMP plugin (stomp.default_user), so that a CONNECT without a login is refused.',
    isNegative: true,
    async check(stage) {
      const wire = await openedWire(stage, 'nobody')
      wire.frame('CONNECT', connectHeaders(stage.broker, { login: undefined, passcode: undefined }))
      const answer = await wire.next(isAnswer)
      await stage.stomp('honest')
      stage.control('good credentials are CONNECTED', true)
      if (answer?.command === 'CONNECTED') return deviation('accepted', 'CONNECTED without any credentials')
      if (answer === undefined && wire.end === undefined) return fail('neither refused nor connected')
      return pass(answerWords(wire, answer))
    },
  },
  {
    ...COMMON,
    id: 'SEC-ISO-01',
    title: 'Nobody reads a room they are not in',
    basis: {
      document: 'derived',
      section: 'isolation',
      quote: 'A room’s messages reach its members alone, whatever a client subscribes to.',
    },
    sends: 'C, who is not a member, SUBSCRIBEs to the room of A and B; A sends while B listens.',
    expected: ['the SUBSCRIBE is refused', 'it is accepted, but C receives nothing while B does'],
    severity: 'critical',
    remedy:
      'Authorise by routing key: a topic exchange with topic permissions, or an authentication backend that knows the memberships. On a direct exchange RabbitMQ checks no routing key.',
    isNegative: true,
    async check(stage) {
      const { a, b, c, rooms } = await stage.cast()
      await Promise.all([b.connect(), c.connect()])
      const listening = await b.listen(rooms.shared)
      const own = await c.listen(rooms.other)
      const foreign = await c.subscribe(roomDestination(rooms.shared))
      const sent = await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      if (foreign.outcome === 'error' || foreign.outcome === 'closed')
        return pass(`refused: ${foreign.words}`)
      // C's connection delivers what it may: a message into its own room, sent later, has come.
      await fence(stage, { by: c, roomId: rooms.other, at: [own] })
      const copy = await foreign.message(sent, stage.patienceMs / 4)
      return copy === undefined
        ? pass('accepted, but C received nothing while B did')
        : deviation('accepted', 'C received a message of a room it is not in')
    },
  },
  {
    ...COMMON,
    id: 'SEC-ISO-04',
    title: 'No client publishes events itself',
    basis: {
      document: 'guide',
      section: '3. 채팅 기능 사용 / 메시지 전송 (HTTP API)',
      quote: "const response = await fetch('http://localhost:5700/chat-ws/send-message', {",
    },
    sends:
      'C SENDs a forged new_message of A to the room of A and B, and one to B’s personal destination, while B listens to both.',
    expected: ['both are refused, and B receives neither'],
    severity: 'critical',
    remedy:
      'Take the permission to write to the chat exchange from the login that clients use; only the API publishes.',
    isNegative: true,
    async check(stage) {
      const { a, b, c, rooms } = await stage.cast()
      await b.connect()
      const room = await b.listen(rooms.shared)
      const personal = await b.subscribe(userDestination(b.userId))
      await fence(stage, { by: a, roomId: rooms.shared, at: [room] })
      const marker = `forged-${Math.floor(stage.random() * 1e9)}`
      const event = JSON.stringify({
        type: 'new_message',
        message: {
          id: 1,
          content: marker,
          message_type: 'text',
          sender_id: a.userId,
          created_at: '2024-01-01T12:00:00Z',
        },
        timestamp: '2024-01-01T12:00:00.000Z',
      })
      const refusals: string[] = []
      for (const destination of [roomDestination(rooms.shared), userDestination(b.userId)]) {
        await c.connect()
        const from = c.wire.frames.length
        c.wire.frame(
          'SEND',
          [
            ['destination', destination],
            ['content-type', 'application/json'],
            ['receipt', 'sent'],
          ],
          event,
        )
        const answer = await c.wire.next(({ command }) => command === 'RECEIPT' || command === 'ERROR', {
          from,
        })
        refusals.push(answer === undefined ? endWords(c.wire) : frameWords(answer))
      }
      await fence(stage, { by: a, roomId: rooms.shared, at: [room] })
      const forged = [room, personal].filter((each) =>
        each.messages().some((frame) => frame.body.includes(marker)),
      )
      return forged.length === 0
        ? pass(`not delivered: ${refusals.join('; ')}`)
        : deviation(
            'accepted',
            `B received a message that C had forged in A’s name, on ${forged.map(({ destination }) => destination).join(' and ')}`,
          )
    },
  },
  {
    ...COMMON,
    id: 'SEC-ISO-05',
    title: 'The rest of the broker is closed to clients of the chat',
    basis: {
      document: 'derived',
      section: 'isolation',
      quote: 'A client of the chat needs its rooms and its own destination, and nothing else of the broker.',
    },
    sends:
      'SUBSCRIBE to a queue of one’s own, to /topic/#, to RabbitMQ’s trace, log and topic exchanges, each on a connection of its own.',
    expected: ['each is refused'],
    severity: 'high',
    remedy:
      'Give the login of clients configure and write on ^stomp-subscription- and read on the chat exchange, and nothing more; use a virtual host of its own.',
    isNegative: true,
    async check(stage) {
      const open: string[] = []
      const closed: string[] = []
      for (const destination of [
        '/queue/stompede-conformance-probe',
        '/topic/#',
        '/exchange/amq.rabbitmq.trace/#',
        '/exchange/amq.rabbitmq.log/#',
        '/exchange/amq.topic/#',
      ]) {
        const wire = await stage.stomp(destination)
        const probe = await subscribe(wire, 'probe', destination, [
          ['auto-delete', 'true'],
          ['durable', 'false'],
        ])
        ;(probe.outcome === 'receipt' ? open : closed).push(destination)
      }
      const { a, rooms } = await stage.cast()
      await a.connect()
      const legal = await a.subscribe(roomDestination(rooms.shared))
      if (legal.outcome !== 'receipt') return inconclusive(`a good SUBSCRIBE has no RECEIPT: ${legal.words}`)
      stage.control('a member’s SUBSCRIBE to its room is accepted', true)
      return open.length === 0
        ? pass(`${closed.length} refused`)
        : deviation('accepted', `accepted: ${open.join(', ')}`)
    },
  },
  {
    ...COMMON,
    id: 'SEC-HEAD-01',
    level: 'SHOULD',
    title: 'A client cannot put the server’s own headers on a message',
    basis: {
      document: 'STOMP 1.2',
      section: 'Repeated Header Entries',
      quote:
        'If a client or a server receives repeated frame header entries, only the first header entry SHOULD be used as the value of header entry.',
    },
    sends:
      'C SENDs to the room of A and B with headers subscription, destination and redelivered of its own, while B listens.',
    expected: ['it is refused', 'the first entry of each header is the server’s'],
    severity: 'medium',
    remedy: 'Let clients publish nothing (see SEC-ISO-04).',
    isNegative: true,
    async check(stage) {
      const { a, b, c, rooms } = await stage.cast()
      await Promise.all([b.connect(), c.connect()])
      const listening = await b.listen(rooms.shared)
      const honest = await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const marker = `spoofed-${Math.floor(stage.random() * 1e9)}`
      c.wire.frame(
        'SEND',
        [
          ['destination', listening.destination],
          ['subscription', 'spoofed'],
          ['redelivered', 'true'],
          ['content-type', 'application/json'],
        ],
        JSON.stringify({ type: marker }),
      )
      await c.wire.next(() => true, { from: c.wire.frames.length, timeoutMs: stage.patienceMs / 8 })
      await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      const seen = b.wire.frames.find((frame) => frame.body.includes(marker))
      if (seen === undefined) return pass('not delivered')
      // What the server says of any message is not the client's doing: STOMP-ACK-01 tells that.
      const [own] = listening.copiesOf(honest)
      const isMarked =
        seen.header('redelivered') === 'true' && own !== undefined && own.header('redelivered') !== 'true'
      return seen.header('subscription') !== 'spoofed' && !isMarked
        ? { state: 'NON-STRICT', actual: 'delivered, with the server’s headers first' }
        : deviation(
            'accepted',
            `delivered with subscription:${seen.header('subscription')} and redelivered:${seen.header('redelivered')}`,
          )
    },
  },
  {
    ...COMMON,
    id: 'SEC-MGMT-01',
    title: 'The broker’s management is closed to the chat’s credentials',
    basis: {
      document: 'derived',
      section: 'isolation',
      quote: 'What every client is given must not administer the broker.',
    },
    sends: 'GET /api/overview of the management API with the credentials of POST /connect.',
    expected: ['401 or 403'],
    severity: 'critical',
    remedy: 'Hand out a login without the management tag, and let the management API listen inside only.',
    needs: ['management'],
    async check(stage) {
      const { managementUrl } = stage
      if (managementUrl === undefined) return skip('no management API is known')
      const { login, passcode } = stage.broker
      const authorization = `Basic ${Buffer.from(`${login}:${passcode}`).toString('base64')}`
      const answer = await stage.request(`${managementUrl.replace(/\/$/, '')}/api/overview`, {
        headers: { authorization },
      })
      if (answer.failure !== null)
        return inconclusive(`the management API does not answer: ${answer.failure}`)
      if (answer.status === 401 || answer.status === 403) return pass(String(answer.status))
      if (answer.status === 200)
        return deviation('accepted', 'the chat’s credentials read the broker’s management API')
      return inconclusive(`GET /api/overview gave ${answer.status}`)
    },
  },
]
