import { setTimeout as delay } from 'node:timers/promises'
import { fail, inconclusive, pass, type ActiveRule } from '../rule.ts'

/** Heart-beats: what a silent connection must say, and how long it lives. These wait for the target's own clocks. */
export const stompHeartBeatRules: readonly ActiveRule[] = [
  {
    id: 'STOMP-HB-01',
    section: 'stomp',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'The guide’s heart-beats of 4 s are agreed to, in both directions',
    basis: {
      document: 'guide',
      section: 'JavaScript (웹 브라우저)',
      quote: 'heartbeatIncoming: 4000,\n  heartbeatOutgoing: 4000,',
    },
    sends: 'CONNECT with heart-beat:4000,4000.',
    expected: ['CONNECTED with a heart-beat of 1 to 4000 ms in both directions'],
    async check(stage) {
      const wire = await stage.stomp('browser', { 'heart-beat': '4000,4000' })
      const connected = wire.frames.find(({ command }) => command === 'CONNECTED')
      const header = connected?.header('heart-beat')
      if (header === undefined) return fail('CONNECTED has no heart-beat header')
      const intervals = /^(\d+),(\d+)$/.exec(header)?.slice(1).map(Number) ?? []
      const isAgreed = intervals.length === 2 && intervals.every((ms) => ms > 0 && ms <= 4_000)
      return isAgreed ? pass(`heart-beat:${header}`) : fail(`heart-beat:${header}`)
    },
  },
  {
    id: 'STOMP-HB-02',
    section: 'stomp',
    level: 'MUST',
    cost: 'slow',
    since: '0.2.0',
    title: 'An idle connection hears from the server as often as promised, and lives',
    basis: {
      document: 'STOMP 1.2',
      section: 'Heart-beating',
      quote: 'if the sender has no real STOMP frame to send, it MUST send an end-of-line (EOL)',
    },
    sends: 'CONNECT with heart-beat:4000,4000, then nothing but heart-beats for 30 s.',
    expected: ['data at least every promised interval + 1 s, and the connection stays open'],
    async check(stage) {
      // RabbitMQ counts heart-beats in whole seconds.
      const wishedMs = Math.max(1_000, stage.scaled(4_000))
      const idleMs = Math.max(3 * wishedMs, stage.scaled(30_000))
      const wire = await stage.stomp('idle', { 'heart-beat': `${wishedMs},${wishedMs}` })
      const connected = wire.frames.find(({ command }) => command === 'CONNECTED')
      const [sendsMs = 0, wantsMs = 0] = (connected?.header('heart-beat') ?? '').split(',').map(Number)
      if (sendsMs === 0) return inconclusive('the server promises no heart-beat')
      const intervalMs = Math.max(sendsMs, wishedMs)
      if (wantsMs > 0) wire.beat(Math.max(wantsMs, wishedMs) / 2)
      const startedMs = stage.transcript.clock.nowMs()
      // Not a wait for something to happen: that nothing happens for so long is what is asked.
      await Promise.race([delay(idleMs), wire.ended(idleMs)])
      const endedMs = stage.transcript.clock.nowMs()
      wire.stopBeating()
      if (wire.end !== undefined)
        return fail(`closed with ${wire.end.code} after ${Math.round(endedMs - startedMs)} ms of idleness`)
      const heard = wire.reads.map(({ atMs }) => atMs).filter((atMs) => atMs > startedMs)
      const times = [startedMs, ...heard, endedMs]
      const longestMs = Math.round(Math.max(...times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0))))
      const words = `${heard.length} times in ${Math.round(idleMs)} ms, the longest silence ${longestMs} ms of ${intervalMs}`
      if (longestMs <= intervalMs + GRACE_MS) return pass(`heard ${words}`)
      const lateMs = stage.latenessSince(startedMs)
      return longestMs - lateMs > intervalMs + GRACE_MS
        ? fail(`heard ${words}`)
        : inconclusive(`heard ${words}, of which ${Math.round(lateMs)} ms may be our own`)
    },
  },
  {
    id: 'STOMP-HB-03',
    section: 'stomp',
    level: 'SHOULD',
    cost: 'slow',
    since: '0.2.0',
    title: 'A client that falls silent is dropped, neither at once nor never',
    basis: {
      document: 'STOMP 1.2',
      section: 'Heart-beating',
      quote:
        'if, inside a time window of at least <n> milliseconds, the receiver did not receive any new data, it MAY consider the connection as dead',
    },
    sends: 'CONNECT with heart-beat:4000,0, then nothing at all.',
    expected: ['closed after more than 4 s and at most 14 s'],
    async check(stage) {
      const intervalMs = Math.max(1_000, stage.scaled(4_000))
      const limitMs = 3.5 * intervalMs
      const wire = await stage.stomp('silent', { 'heart-beat': `${intervalMs},0` })
      const connected = wire.frames.find(({ command }) => command === 'CONNECTED')
      const wantsMs = Number(connected?.header('heart-beat')?.split(',')[1] ?? 0)
      if (wantsMs === 0) return inconclusive('the server wants no heart-beats')
      const sinceMs = connected?.atMs ?? 0
      const end = await wire.ended(limitMs + GRACE_MS)
      if (end === undefined)
        return fail(`still open ${Math.round(limitMs + GRACE_MS)} ms after the last byte`)
      const tookMs = Math.round(end.atMs - sinceMs)
      return tookMs > intervalMs && tookMs <= limitMs + GRACE_MS
        ? pass(`closed with ${end.code} after ${tookMs} ms of silence`)
        : fail(`closed with ${end.code} after ${tookMs} ms of silence, promised were ${intervalMs}`)
    },
  },
  {
    id: 'STOMP-HB-04',
    section: 'stomp',
    level: 'MUST',
    cost: 'slow',
    since: '0.2.0',
    title: 'Without heart-beats none are sent, and the connection lives',
    basis: {
      document: 'STOMP 1.2',
      section: 'Heart-beating',
      quote:
        'A missing heart-beat header MUST be treated the same way as a "heart-beat:0,0" header, that is: the party cannot send and does not want to receive heart-beats.',
    },
    sends: 'CONNECT with heart-beat:0,0, then nothing for 30 s.',
    expected: ['no byte from the server, and the connection stays open'],
    async check(stage) {
      const wire = await stage.stomp('idle', { 'heart-beat': '0,0' })
      const before = wire.reads.length
      const idleMs = stage.scaled(30_000)
      const end = await wire.ended(idleMs)
      if (end !== undefined) return fail(`closed with ${end.code} within ${idleMs / 1e3} s`)
      const heard = wire.reads.length - before
      return heard === 0
        ? pass(`silent and open for ${idleMs / 1e3} s`)
        : fail(`${heard} reads within ${idleMs / 1e3} s, though no heart-beats were agreed`)
    },
  },
]

// --- internal ---

const GRACE_MS = 1_000
