import { fail, inconclusive, nonStrict, pass, seenAt, skip, type PassiveRule, type Rule } from '../rule.ts'

const passiveHarnessRules: readonly PassiveRule[] = [
  {
    id: 'HARN-02',
    section: 'harness',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'Every silence that passed was heard beside something that was not silent',
    basis: {
      document: 'harness',
      section: 'positive controls',
      quote:
        'A rule that passes because nothing came counts only with a positive control that stood in the same case.',
    },
    sends: 'Nothing: looks at the controls of all cases.',
    expected: ['each negative rule that passed has a control that stood, and none that failed'],
    judge({ events }) {
      const negative = new Set(
        events.flatMap((event) => (event.kind === 'case' && event.isNegative ? [event.id] : [])),
      )
      if (negative.size === 0) return skip('no rule that passes by silence was among those asked')
      // By what each check itself said: the gate holds a silence to its control too, so that none of them is green.
      const judged = events.filter((event) => event.kind === 'judged')
      const passed = judged.flatMap(({ id, state, said = state }) =>
        negative.has(id) && (said === 'PASS' || said === 'NON-STRICT') ? [id] : [],
      )
      if (passed.length === 0)
        return inconclusive('no negative rule passed, so there is no silence to believe')
      const controls = events.filter((event) => event.kind === 'control')
      const unheard = passed.filter((id) => {
        const own = controls.filter((control) => control.case === id)
        return own.length === 0 || own.some(({ stood }) => !stood)
      })
      if (unheard.length > 0)
        return seenAt(
          fail(`passed without a control that stood: ${unheard.join(', ')}`),
          judged.find(({ id }) => id === unheard[0])?.atMs,
        )
      return pass(`${passed.length} silences, each with its control`)
    },
  },
  {
    id: 'HARN-01',
    section: 'harness',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'The broker’s own count of messages has no gap',
    basis: {
      document: 'harness',
      section: 'witness',
      quote:
        'RabbitMQ numbers the messages of a connection in message-id (T_<subscription>@@<session>@@<n>): a missing number is a frame that we lost.',
    },
    sends: 'Nothing: looks at the message-id of every MESSAGE of all cases.',
    expected: ['on each connection that never unsubscribed the numbers follow each other'],
    judge({ events }) {
      // A message that an UNSUBSCRIBE overtakes has a number and no MESSAGE: its ERROR is for STOMP-UNSUB-02 to count.
      const overtaken = new Set(
        events.flatMap((event) =>
          event.kind === 'frame' && event.direction === 'out' && event.command === 'UNSUBSCRIBE'
            ? [event.connection]
            : [],
        ),
      )
      const last = new Map<string, number>()
      const gaps: { words: string; atMs: number }[] = []
      let count = 0
      for (const event of events) {
        if (event.kind !== 'frame' || event.direction !== 'in' || event.command !== 'MESSAGE') continue
        if (overtaken.has(event.connection)) continue
        const id = event.headers.find((pair) => pair[0] === 'message-id')?.[1] ?? ''
        const number = Number(/@@session-[^@]+@@(\d+)$/.exec(id)?.[1])
        if (!Number.isInteger(number)) continue
        count++
        const before = last.get(event.connection)
        if (before !== undefined && number > before + 1)
          gaps.push({ words: `${before} → ${number}`, atMs: event.atMs })
        if (before === undefined || number > before) last.set(event.connection, number)
      }
      if (count === 0) return skip('this broker does not number its messages as RabbitMQ does')
      const [first] = gaps
      return first === undefined
        ? pass(`${count} messages on ${last.size} connections, no gap`)
        : seenAt(
            inconclusive(
              `${gaps.length} gaps, e.g. ${first.words}: frames were lost between the broker and the checker, so a loss here is nobody’s`,
            ),
            first.atMs,
          )
    },
  },
  {
    id: 'HARN-03',
    section: 'harness',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'Every byte that came was understood, and none late by our own doing',
    basis: {
      document: 'harness',
      section: 'reading',
      quote: 'What could not be read could not be judged.',
    },
    sends:
      'Nothing: looks for connections whose bytes were no STOMP frames, and at how late the checker’s event loop was.',
    expected: [
      'every byte from the broker belonged to a frame or a heart-beat, and the 99th percentile of the loop’s delay is below 50 ms',
      'every byte did, but the loop was late: what is too slow by no more than that is inconclusive',
    ],
    judge({ events }) {
      const broken = events.filter((event) => event.kind === 'closed' && event.fault !== null)
      const opened = events.filter(({ kind }) => kind === 'opened').length
      if (opened === 0) return inconclusive('no connection was opened')
      const [first] = broken
      if (first?.kind === 'closed') {
        const words = `${broken.length} of ${opened} connections sent bytes that are no STOMP frame: ${first.fault}`
        return seenAt(fail(words), first.atMs)
      }
      const loop = events.find((event) => event.kind === 'loop')
      const words = `${opened} connections, every byte read`
      if (loop === undefined) return pass(words)
      const late = `99 of 100 times the event loop was late by ${loop.p99Ms.toFixed(1)} ms at most`
      return loop.p99Ms < loop.limitMs ? pass(`${words}; ${late}`) : nonStrict(`${words}, but ${late}`)
    },
  },
]

/** The harness looking at itself. */
export const harnessRules: readonly Rule[] = [...passiveHarnessRules]
