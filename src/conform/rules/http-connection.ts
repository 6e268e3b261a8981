import { isOk, wordsOf } from '../http.ts'
import { fail, pass, type ActiveRule } from '../rule.ts'
import { violationOf } from './answers.ts'

/** POST /connect and POST /disconnect. */
export const httpConnectionRules: readonly ActiveRule[] = [
  {
    id: 'HTTP-CONN-01',
    section: 'http-connection',
    level: 'MUST',
    cost: 'quick',
    since: '0.2.0',
    title: 'POST /connect answers with the documented connection data',
    basis: {
      document: 'guide',
      section: '연결 순서 / 1. 연결 정보 요청 (HTTP API)',
      quote: '먼저 NestJS 서버에 연결 정보를 요청합니다',
    },
    sends: 'POST /connect with A’s token; where nobody is let in, with that of the first user.',
    expected: ['2XX, application/json, status "success" and every documented field'],
    isEntry: true,
    async check(stage) {
      const a = await stage.somebody()
      const answer = await a.call('connect')
      if (!isOk(answer)) return fail(`POST /connect gave ${wordsOf(answer)}`)
      return violationOf(answer) ?? pass(`${answer.status} with every documented field`)
    },
  },
]
