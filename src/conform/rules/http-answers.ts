import type { CallName } from '../../chat/contract.ts'
import type { CallEvent } from '../history.ts'
import { fail, inconclusive, pass, seenAt, type PassiveRule } from '../rule.ts'

const COMMON = { section: 'http-rooms', cost: 'quick', since: '0.2.0' } as const

/** What every answer of the API must be, judged over the whole gate. */
export const httpAnswerRules: readonly PassiveRule[] = [
  {
    ...COMMON,
    id: 'HTTP-ALL-01',
    level: 'MUST',
    title: 'Every success is answered as documented, in the format it announces',
    basis: {
      document: 'guide',
      section: '3. 채팅 기능 사용 / 메시지 전송 (HTTP API)',
      quote: 'const result = await response.json();',
    },
    sends: 'Nothing: holds every answer of all cases that is a success to the contract.',
    expected: ['each keeps its documented body and content type'],
    judge({ events, contract }) {
      const answers = events.filter(
        (event): event is CallEvent => event.kind === 'call' && event.status >= 200 && event.status < 300,
      )
      if (answers.length === 0) return inconclusive('no call succeeded, so there is nothing to judge')
      const faults: { words: string; atMs: number }[] = []
      for (const { call, status, contentType, answer, doneMs } of answers) {
        contract.readResponse(call as CallName, status, contentType, answer, (issue) => {
          if (issue.kind === 'violation')
            faults.push({ words: `POST /${call}: ${issue.detail}`, atMs: doneMs })
        })
      }
      const [first] = faults
      if (first === undefined) return pass(`${answers.length} answers keep the contract`)
      const words = `${faults.length} breaches in ${answers.length} answers, e.g. ${first.words}`
      return seenAt(fail(words), first.atMs)
    },
  },
  {
    ...COMMON,
    id: 'HTTP-ALL-02',
    level: 'SHOULD',
    title: 'Every refusal has one and the same form',
    basis: {
      document: 'reference choice',
      section: 'errors',
      quote: 'Errors are {statusCode, message, error}, as NestJS sends them.',
    },
    sends: 'Nothing: compares the fields of every 4XX answer of all cases.',
    expected: ['a JSON object with the same fields each time'],
    judge({ events }) {
      const forms = new Map<string, CallEvent>()
      let refusals = 0
      for (const event of events) {
        if (event.kind !== 'call' || event.status < 400 || event.status >= 500) continue
        refusals++
        const form = formOf(event.answer)
        if (!forms.has(form)) forms.set(form, event)
      }
      if (refusals === 0) return inconclusive('nothing was refused, so there is nothing to compare')
      if (forms.has(NO_OBJECT)) {
        const { call = '', status = 0, doneMs } = forms.get(NO_OBJECT) ?? {}
        return seenAt(fail(`POST /${call} was answered ${status} with no JSON object`), doneMs)
      }
      const names = [...forms.keys()]
      return names.length === 1
        ? pass(`${refusals} refusals, each {${names[0]}}`)
        : seenAt(fail(`${names.length} forms: {${names.join('}, {')}}`), [...forms.values()].at(-1)?.doneMs)
    },
  },
]

// --- internal ---

const NO_OBJECT = ''

function formOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return NO_OBJECT
    return Object.keys(value).toSorted().join(', ')
  } catch {
    return NO_OBJECT
  }
}
