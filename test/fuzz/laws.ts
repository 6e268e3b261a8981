import { nowUs } from '../../src/clock.ts'
import type { ReceiveWorld } from './world.ts'

/** What must hold of a world at any moment, whatever came; the first law that does not is thrown. */
export function checkLaws(world: ReceiveWorld): void {
  const { metrics, ledger, findings } = world
  const { counters: c } = metrics
  for (const [name, count] of Object.entries(c))
    demand(Number.isSafeInteger(count) && count >= 0, `${name} is a count (is ${count})`)
  demand(world.late() === 0, 'nothing is told after the end, and the end once')

  // Conservation: every obligation is in one account.
  const pending = ledger.pending('messages')
  const accounts = c.deliveries_received + c.deliveries_late + c.deliveries_lost + pending
  demand(
    c.deliveries_expected === accounts,
    `expected ${c.deliveries_expected} = received + late + lost + pending (${accounts})`,
  )
  const typing = c.typing_received + c.typing_lost + ledger.pending('typing')
  demand(c.typing_expected === typing, `typing: expected ${c.typing_expected} = accounts (${typing})`)

  // Every frame the decoder made out is accounted for once.
  const rules = new Map(findings.encode().rules.map(({ rule, count }) => [rule, count]))
  const count = (rule: string): number => rules.get(rule) ?? 0
  const stray = count('stomp/subscription')
  demand(
    world.frames() === c.ws_msgs_received + stray,
    `frames ${world.frames()} = received ${c.ws_msgs_received} + for no subscription ${stray}`,
  )
  const unreadable = count('event/json') + count('event/object') + count('event/type')
  const settled =
    c.deliveries_received +
    c.deliveries_optional +
    c.deliveries_late +
    c.deliveries_duplicated +
    c.deliveries_retry_duplicated +
    c.deliveries_leaked +
    c.deliveries_foreign +
    c.typing_received +
    c.typing_duplicated +
    c.typing_leaked +
    c.events_status_changed +
    c.events_message_read
  // What is left came with a damaged token, and is among the corrupted.
  const damaged = c.ws_msgs_received - settled - unreadable
  demand(
    damaged >= 0 && damaged <= c.deliveries_corrupted,
    `messages ${c.ws_msgs_received} = settled ${settled} + unreadable ${unreadable} + damaged ${damaged}`,
  )

  // Every connection that was open ended once, or is open.
  const closes = [...metrics.labelled]
    .filter(([label]) => label.startsWith('ws_closes{'))
    .reduce((sum, [, n]) => sum + n, 0)
  const open = world.session.isUp ? 1 : 0
  demand(c.ws_sessions === closes + open, `sessions ${c.ws_sessions} = closes ${closes} + open ${open}`)

  demand(metrics.labelled.size < 200, `labels are bounded (are ${metrics.labelled.size})`)
  demand(rules.size <= 500, `rules are bounded (are ${rules.size})`)
  demand(
    Object.keys(Object.prototype).length === 0 &&
      (Object.prototype as { polluted?: unknown }).polluted === undefined,
    'no prototype was written to',
  )
}

/** Settles everything, as the end of a run does, and checks that nothing is left. */
export function checkEnd(world: ReceiveWorld): void {
  world.ledger.finish(nowUs())
  checkLaws(world)
  demand(world.ledger.pending() === 0, 'nothing is pending at the end')
}

/** Throws what does not hold. */
export function demand(holds: boolean, law: string): asserts holds {
  if (!holds) throw new Error(`broken: ${law}`)
}
