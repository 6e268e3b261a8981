import type { ContractIssue } from '../../chat/contract.ts'
import { chatFramesOf } from '../chat-frames.ts'
import { fail, inconclusive, pass, seenAt, type PassiveRule } from '../rule.ts'

/** What every event must be, judged over the whole gate. */
export const passiveEventRules: readonly PassiveRule[] = [
  {
    id: 'EVT-ALL-01',
    section: 'events',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'Every event is JSON of a documented type with its documented fields',
    basis: {
      document: 'guide',
      section: '수신 메시지 타입',
      quote: 'STOMP 구독을 통해 받는 메시지의 종류',
    },
    sends: 'Nothing: holds every MESSAGE of all cases on a room or a personal destination to the contract.',
    expected: ['each is an object of a known type that keeps its schema'],
    judge(history) {
      const frames = chatFramesOf(history)
      if (frames.length === 0) return inconclusive('no event came, so there is nothing to judge')
      const found: { issue: ContractIssue; where: string; atMs: number }[] = []
      for (const { frame, subscribed } of frames) {
        const at = { where: `${subscribed} at ${frame.atMs} ms`, atMs: frame.atMs }
        history.contract.readEvent(frame.body, (issue) => {
          if (issue.kind === 'violation') found.push({ issue, ...at })
        })
        if (frame.isUtf8 === false) found.push({ issue: NOT_UTF8, ...at })
      }
      const [first] = found
      if (first === undefined) return pass(`${frames.length} events keep the contract`)
      const { path, detail } = first.issue
      const words = `${found.length} breaches in ${frames.length} events, e.g. on ${first.where}: ${detail}`
      return seenAt(fail(words, { path, found: detail }), first.atMs)
    },
  },
]

// --- internal ---

const NOT_UTF8: ContractIssue = {
  kind: 'violation',
  rule: 'event/utf-8',
  path: '',
  detail: 'event/utf-8: must be UTF-8',
}
