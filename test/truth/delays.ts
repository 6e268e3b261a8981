import { type Forms, truthCase, type Mistake, type TruthCase } from './case.ts'
import { observe, type Observed } from './lab.ts'
import { latency, same, type Finding } from './row.ts'
import { percentileOf, trueMessages, type TrueMessage } from './truth.ts'

/** Scripted delays of the target: the reported percentiles of both latencies are those of its journal. */
export const delayCases: TruthCase[] = [
  delayCase('constant(100ms)', { isLong: true, rate: 100, seconds: 40 }),
  delayCase('bimodal(5ms,200ms,0.05)', { isLong: true, rate: 100, seconds: 40 }),
  delayCase('lognormal(20ms,0.8)', { isLong: true, rate: 100, seconds: 40 }),
  // So few messages must tell a tenth: times well above the millisecond that is allowed.
  delayCase('pareto(10ms,2)', { isLong: false, short: 'delays', rate: 100, seconds: 4 }, [averaged()]),
  delayCase('pareto(2ms,1.5)', { isLong: true, rate: 100, seconds: 40 }, [averaged()]),
  delayCase('n=2 lognormal(10ms,0.5)', { isLong: true, rate: 150, seconds: 30 }),
]

// --- internal ---

interface DelayEvidence extends Observed {
  messages: TrueMessage[]
  /** What the product printed, µs by percentile. */
  response: Record<string, number>
  service: Record<string, number>
}

const PERCENTILES = ['50', '90', '99', '99.9']

function delayCase(
  model: string,
  { rate, seconds, ...forms }: Forms & { rate: number; seconds: number },
  more: readonly Mistake<DelayEvidence>[] = [],
): TruthCase {
  return truthCase<DelayEvidence>({
    name: `delay ${model}`,
    forms,
    isTimed: true,
    async measure() {
      const observed = await observe({
        scenario: 'test/scenarios/truth-open.ts',
        env: { RATE: rate, SECONDS: seconds, USERS: 100 },
        flags: ['--service', model],
        isNoted: true,
      })
      const { trends } = observed.result
      return {
        ...observed,
        messages: trueMessages(observed.journal.sends, observed.sentLog),
        response: trends['message_delivery']?.percentilesUs ?? {},
        service: trends['message_delivery{basis:service}']?.percentilesUs ?? {},
      }
    },
    refusal: ({ result }) => {
      const unfit = result.validity.checks.filter(({ status }) => status === 'invalid').map(({ id }) => id)
      return unfit.length === 0 ? undefined : `no: generator unfit (${unfit.join(', ')})`
    },
    judge: ({ messages, result, response, service }) => [
      same('messages sent', Math.round(rate * seconds), messages.length),
      same('messages sent, by the ledger', messages.length, result.ledger.messages.sent),
      ...percentiles('response', messages, ({ publishedUs, plannedUs }) => publishedUs - plannedUs, response),
      ...percentiles('service', messages, ({ publishedUs, sentUs }) => publishedUs - sentUs, service),
    ],
    mistakes: [
      { name: 'every percentile 5 % high', plant: (evidence) => scaled(evidence, 1.05) },
      { name: 'every percentile 10 % low', plant: (evidence) => scaled(evidence, 0.9) },
      { name: 'each percentile is the next one’s', plant: shifted },
      ...more,
    ],
  })
}

function percentiles(
  basis: string,
  messages: readonly TrueMessage[],
  latencyOf: (message: TrueMessage) => number,
  reported: Readonly<Record<string, number>>,
): Finding[] {
  const values = messages.map(latencyOf)
  return PERCENTILES.map((p) => latency(`${basis} p${p}`, percentileOf(values, Number(p)), reported[p]))
}

function scaled(evidence: DelayEvidence, factor: number): DelayEvidence {
  const scale = (by: Record<string, number>): Record<string, number> =>
    Object.fromEntries(Object.entries(by).map(([p, us]) => [p, us * factor]))
  return { ...evidence, response: scale(evidence.response), service: scale(evidence.service) }
}

function shifted(evidence: DelayEvidence): DelayEvidence {
  const shift = (by: Record<string, number>): Record<string, number> =>
    Object.fromEntries(PERCENTILES.map((p, i) => [p, by[PERCENTILES[i + 1] ?? '50'] ?? 0]))
  return { ...evidence, response: shift(evidence.response), service: shift(evidence.service) }
}

/** The mistake of mistakes: percentiles of every second, averaged. */
function averaged(): Mistake<DelayEvidence> {
  return {
    name: 'percentiles averaged over seconds',
    plant: (evidence) => {
      const bySecond = Map.groupBy(evidence.messages, ({ plannedUs }) => Math.floor(plannedUs / 1e6))
      const average = (p: string): number => {
        const each = [...bySecond.values()].map((messages) => {
          const values = messages.map(({ publishedUs, plannedUs }) => publishedUs - plannedUs)
          return percentileOf(values, Number(p)).us
        })
        return each.reduce((sum, us) => sum + us, 0) / each.length
      }
      return { ...evidence, response: Object.fromEntries(PERCENTILES.map((p) => [p, average(p)])) }
    },
  }
}
