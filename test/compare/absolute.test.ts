import { describe, expect, it } from 'vitest'
import { absoluteChecks, absoluteSays } from '../../src/compare/absolute.ts'

const statusOf = (counter: string, a: readonly number[], b: readonly number[]): string | undefined =>
  absoluteChecks(
    a.map((count) => ({ [counter]: count })),
    b.map((count) => ({ [counter]: count })),
  ).find(({ name }) => name === counter)?.status

const none = (runs: number): number[] => Array.from({ length: runs }, () => 0)
const all = (runs: number): number[] => Array.from({ length: runs }, () => 1)

describe('absolute checks', () => {
  it.each([
    ['deliveries_lost', [0, 0], [0, 0], 'ok'],
    ['deliveries_lost', [0, 0], [0, 1], 'worse'],
    ['deliveries_duplicated', [0, 0], [1, 0], 'worse'],
    ['contract_violations', [0, 0], [3, 0], 'worse'],
    // That A had one now and then, or all in one bad run, is no proof that B is better.
    ['contract_violations', [3, 0], [0, 0], 'ok'],
    ['deliveries_lost', [1, ...none(7)], none(8), 'ok'],
    ['deliveries_lost', [400, ...none(7)], none(8), 'ok'],
    ['deliveries_lost', [3, 4, 2, 3, 5, 3, 4, 2], none(8), 'better'],
    // Both have some: only far more of it says something.
    ['deliveries_lost', [3, 2], [4, 6], 'ok'],
    ['deliveries_lost', [3, 2], [400, 600], 'worse'],
    ['deliveries_lost', [400, 600, 500, 450, 520, 480, 610, 390], [3, 2, 4, 1, 3, 2, 2, 1], 'better'],
    // A connection is lost now and then, whoever is at the other end.
    ['connections_lost', [0, 0], [1, 0], 'ok'],
    ['connections_lost', [0, 0], [16, 0], 'ok'],
    ['connections_lost', [0, 0], [17, 0], 'worse'],
    ['http_req_failed', [50, 50], [190, 0], 'ok'],
    ['http_req_failed', [50, 50], [220, 0], 'worse'],
    ['aborted_by_threshold', [0, 0], [0, 1], 'worse'],
    ['aborted_by_threshold', [1, 0], [0, 0], 'ok'],
    ['aborted_by_threshold', [1, 0], [0, 1], 'ok'],
    // A run is aborted or not, so 20 of 20 are all that there can be: Fisher's exact test of the shares.
    ['aborted_by_threshold', [1, ...none(7)], all(8), 'worse'],
    ['aborted_by_threshold', [1, 1, ...none(18)], all(20), 'worse'],
    ['aborted_by_threshold', all(8), [1, ...none(7)], 'better'],
    ['aborted_by_threshold', all(8), none(8), 'better'],
    // 1 of 8 against 6 of 8: p = 0.0406 on both sides; against 7 of 8: 0.0101.
    ['aborted_by_threshold', [1, ...none(7)], [...all(6), 0, 0], 'ok'],
    ['aborted_by_threshold', [1, ...none(7)], [...all(7), 0], 'worse'],
    ['typing_leaked', [0, 0], [0, 1], 'worse'],
    ['typing_duplicated', [0, 0], [0, 1], 'worse'],
    ['typing_lost', [0, 0], [16, 0], 'ok'],
    ['typing_lost', [0, 0], [17, 0], 'worse'],
    ['sessions_failed', [0, 0], [17, 0], 'worse'],
    ['stomp_errors', [0, 0], [17, 0], 'worse'],
    ['ws_malformed', [0, 0], [17, 0], 'worse'],
    ['messages_rejected', [0, 0], [17, 0], 'worse'],
    ['deliveries_foreign', [0, 0], [17, 0], 'worse'],
    // One run against three: it is their rates that differ.
    ['http_req_failed', [100], [100, 100, 100], 'ok'],
    ['http_req_failed', [100, 100, 100], [100], 'ok'],
  ])('take %s of %j against %j for %s', (counter, a, b, status) => {
    expect(statusOf(counter, a, b)).toBe(status)
  })

  it('say what they found', () => {
    const check = { name: 'deliveries_duplicated', a: 0, b: 1_234, status: 'worse' } as const
    expect(absoluteSays(check)).toBe('deliveries received twice: none in A, 1,234 in B')
  })
})
