import { setTimeout as delay } from 'node:timers/promises'
import { fence } from '../fence.ts'
import { isOk, wordsOf } from '../http.ts'
import { contentOf } from '../received.ts'
import { deviation, fail, inconclusive, info, pass, type ActiveRule } from '../rule.ts'
import type { SentMessage } from '../actor.ts'
import { unmet } from '../unmet.ts'
import { notJoined } from './answers.ts'
import { servedBeside } from './copies.ts'

const COMMON = { section: 'delivery', cost: 'quick', since: '0.2.0' } as const
const ROOMS = '3. 채팅 기능 사용 / 방 참여/나가기'

/** Who receives from when to when. */
export const membershipRules: readonly ActiveRule[] = [
  {
    ...COMMON,
    id: 'SEM-JOIN-01',
    level: 'MUST',
    title: 'Who joins receives what is sent from then on, and nothing from before',
    basis: { document: 'guide', section: ROOMS, quote: '// 성공하면 해당 방 구독' },
    sends: 'A sends; C joins and subscribes; A sends again.',
    expected: ['the second message and not the first'],
    isNegative: true,
    async check(stage) {
      const { a, c, rooms } = await stage.cast()
      await c.connect()
      const before = await a.send(rooms.shared, ' before the join')
      const joined = await c.join(rooms.shared)
      if (!isOk(joined)) return notJoined(stage, joined)
      const listening = await c.listen(rooms.shared)
      const after = await fence(stage, { by: a, roomId: rooms.shared, at: [listening] })
      return listening.copiesOf(before).length > 0
        ? fail('C received what was sent before it joined')
        : pass(`received ${listening.copiesOf(after).length} message, the one after the RECEIPT`)
    },
  },
  {
    ...COMMON,
    id: 'SEM-LEAVE-01',
    level: 'MUST',
    title: 'Who has left and unsubscribed receives nothing more of that room, and everything of the others',
    basis: { document: 'guide', section: ROOMS, quote: '// 방 나가기' },
    sends:
      'B leaves and unsubscribes from one of two rooms; A sends into both; devices of A and B that listen all the time are the fence.',
    expected: ['nothing of the room that was left; the other room’s messages as before'],
    isNegative: true,
    async check(stage) {
      const { a, b, rooms, device } = await stage.cast()
      const [witness, sender] = [device(b, 'witness'), device(a, 'witness')]
      await Promise.all([b.connect(), witness.connect(), sender.connect()])
      const left = await b.listen(rooms.shared)
      const stays = await b.listen(rooms.second)
      // Either B's other device hears what B has left, or the sender hears itself: the guide leaves both open.
      const seen = [await witness.listen(rooms.shared), await sender.listen(rooms.shared)]
      const other = await witness.listen(rooms.second)
      const answer = await b.leave(rooms.shared)
      if (!isOk(answer)) return inconclusive(`B may not leave: ${wordsOf(answer)}`)
      b.wire.frame('UNSUBSCRIBE', [
        ['id', left.id],
        ['receipt', 'left'],
      ])
      const receipt = await b.wire.next((frame) => frame.header('receipt-id') === 'left')
      if (receipt === undefined) return inconclusive('UNSUBSCRIBE has no RECEIPT')
      const gone = await fence(stage, { by: a, roomId: rooms.shared, atAny: seen })
      const copies = (sent: SentMessage): number => stays.copiesOf(sent).length
      const beside = { by: a, roomId: rooms.second, at: stays, copies, witness: other }
      const { how, words } = await servedBeside(stage, beside)
      if (left.copiesOf(gone).length > 0) return fail('B received a message of the room it had left')
      return how === 'none'
        ? fail(`the other room has fallen silent for B: ${words}`)
        : pass('nothing of the room that was left, the other room goes on')
    },
  },
  {
    ...COMMON,
    id: 'SEM-LEAVE-02',
    level: 'MUST',
    title: 'Who has left receives nothing, even if its subscription stays',
    basis: {
      document: 'derived',
      section: 'membership',
      quote:
        'Membership is enforced by the server: a client that does not unsubscribe hears nothing all the same.',
    },
    sends: 'B leaves by POST /leave-room and keeps its subscription; A sends.',
    expected: ['nothing reaches B after the grace time'],
    severity: 'high',
    remedy:
      'End the broker-side binding of a member who leaves: a queue or an exchange per user that the API binds, or closing the session through the management API.',
    isNegative: true,
    async check(stage) {
      const { a, b, rooms, device } = await stage.cast()
      const [witness, sender] = [device(b, 'witness'), device(a, 'witness')]
      await Promise.all([b.connect(), witness.connect(), sender.connect()])
      const kept = await b.listen(rooms.shared)
      const other = await b.listen(rooms.second)
      const seen = [await witness.listen(rooms.shared), await sender.listen(rooms.shared)]
      const answer = await b.leave(rooms.shared)
      if (!isOk(answer)) return inconclusive(`B may not leave: ${wordsOf(answer)}`)
      await delay(stage.scaled(GRACE_MS))
      const sent = await fence(stage, { by: a, roomId: rooms.shared, atAny: seen })
      // B's connection delivers what it may: another room's message, sent later, has come.
      await fence(stage, { by: a, roomId: rooms.second, at: [other] })
      const copy = await kept.message(sent, stage.patienceMs / 4)
      return copy === undefined
        ? pass('nothing reached B after it had left')
        : deviation('accepted', 'B, who had left, received a message on the subscription it kept')
    },
  },
  {
    ...COMMON,
    id: 'SEM-LEAVE-03',
    level: 'MUST',
    title: 'Who leaves and joins again receives one copy',
    basis: {
      document: 'derived',
      section: 'membership',
      quote: 'Leaving and joining again leaves no second subscription behind.',
    },
    sends: 'B leaves, unsubscribes, joins and subscribes again while another device of B listens; A sends.',
    expected: ['no copy more than the other device receives'],
    async check(stage) {
      const { a, b, rooms, device } = await stage.cast()
      const listener = device(b, 'witness')
      await Promise.all([b.connect(), listener.connect()])
      const witness = await listener.listen(rooms.shared)
      const first = await b.listen(rooms.shared)
      if (!isOk(await b.leave(rooms.shared))) return inconclusive('B may not leave')
      b.wire.frame('UNSUBSCRIBE', [
        ['id', first.id],
        ['receipt', 'left'],
      ])
      await b.wire.next((frame) => frame.header('receipt-id') === 'left')
      if (!isOk(await b.join(rooms.shared))) return inconclusive('B may not join again')
      const at = await b.listen(rooms.shared)
      const copies = ({ content }: SentMessage): number =>
        b.wire.frames.filter((frame) => contentOf(frame) === content).length
      const { how, words } = await servedBeside(stage, { by: a, roomId: rooms.shared, at, copies, witness })
      return how === 'more' ? fail(words) : pass(words)
    },
  },
  {
    ...COMMON,
    id: 'SEM-RECON-01',
    level: 'MUST',
    title: 'Who lost its connection and is back receives each new message once',
    basis: {
      document: 'guide',
      section: '연결 순서 / 2. STOMP WebSocket 연결',
      quote: 'reconnectDelay: 5000,',
    },
    sends:
      'B’s connection is reset; B connects and subscribes again with a new connection while another device of B listens; A sends.',
    expected: ['as many copies as the other device receives'],
    async check(stage) {
      const { a, b, rooms, device } = await stage.cast()
      const listener = device(b, 'witness')
      const wire = await b.connect()
      await listener.connect()
      const witness = await listener.listen(rooms.shared)
      await b.listen(rooms.shared)
      wire.drop()
      await b.connect()
      const at = await b.listen(rooms.shared)
      const copies = (sent: SentMessage): number => at.copiesOf(sent).length
      const { how, words } = await servedBeside(stage, { by: a, roomId: rooms.shared, at, copies, witness })
      return how === 'alike' ? pass(words) : fail(words)
    },
  },
  {
    ...COMMON,
    id: 'SEM-RECON-02',
    level: 'INFO',
    title: 'How much is missed while a connection is down',
    basis: {
      document: 'derived',
      section: 'gaps',
      quote: 'What is sent between a cut and the next RECEIPT reaches nobody unless the client fetches it.',
    },
    sends: 'B’s connection is reset; A sends 3 messages; B comes back and listens.',
    expected: ['recorded'],
    async check(stage) {
      const { a, b, rooms } = await stage.cast()
      const wire = await b.connect()
      await b.listen(rooms.shared)
      wire.drop()
      const missed = [0, 1, 2].map((i) => a.send(rooms.shared, ` into the gap ${i}`))
      const sent = await Promise.all(missed)
      await b.connect()
      const again = await b.listen(rooms.shared)
      await fence(stage, { by: a, roomId: rooms.shared, at: [again] })
      const came = sent.filter((message) => again.copiesOf(message).length > 0).length
      return info(`${sent.length - came} of ${sent.length} missed`)
    },
  },
  {
    ...COMMON,
    id: 'SEM-ORD-02',
    level: 'SHOULD',
    title: 'All subscribers see the messages of several senders in one order',
    basis: {
      document: 'derived',
      section: 'order',
      quote: 'Two people who read the same room read the same conversation.',
    },
    sends: 'A and B send 10 messages each at the same time while two devices of B listen.',
    expected: ['both devices see the same order'],
    async check(stage) {
      const { a, b, rooms, device } = await stage.cast()
      const phone = device(b, 'phone')
      await Promise.all([b.connect(), phone.connect()])
      const listening = [await b.listen(rooms.shared), await phone.listen(rooms.shared)]
      await fence(stage, { by: a, roomId: rooms.shared, at: listening })
      const sent = await Promise.all(
        [a, b].flatMap((who) =>
          Array.from({ length: 10 }, (_, i) => who.send(rooms.shared, ` at once ${i}`)),
        ),
      )
      const accepted = sent.filter(({ isAccepted }) => isAccepted)
      await Promise.all(listening.flatMap((each) => accepted.map((message) => each.message(message))))
      const contents = new Set(accepted.map(({ content }) => content))
      const orders = listening.map((each) => {
        const seen = each.messages().map((frame) => contentOf(frame) ?? '')
        // A copy too many is for SEM-DEL-02 to say.
        return [...new Set(seen)].filter((content) => contents.has(content))
      })
      const common = (orders[0] ?? []).filter((content) => orders[1]?.includes(content))
      if (common.length < 2) throw unmet('fewer than two messages reached both devices')
      const second = (orders[1] ?? []).filter((content) => common.includes(content))
      const at = common.findIndex((content, i) => content !== second[i])
      return at < 0
        ? pass(`${common.length} messages in one order`)
        : fail(`the orders differ from message ${at + 1} on`)
    },
  },
]

// --- internal ---

const GRACE_MS = 300
