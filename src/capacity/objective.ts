import type { Threshold } from '../scenario/scenario.ts'
import { parseThreshold } from '../scenario/thresholds.ts'

/** One thing that has to hold at a load: `message_delivery:p(99)<250`. */
export interface Objective {
  /** As given. */
  text: string
  threshold: Threshold
  /** Whether it bounds a latency from above: then repeats are judged by their mean and spread, else each must hold. */
  isLatency: boolean
}

/** Reads an objective: a metric, a colon and a threshold. Returns it, or one sentence saying what is wrong with it. */
export function parseObjective(text: string): Objective | string {
  const [, metric, expression] = /^\s*([^\s:{}]+(?:\{[^}]*\})?)\s*:(.+)$/.exec(text) ?? []
  if (metric === undefined || expression === undefined) {
    return `${JSON.stringify(text)} is not "<metric>:<threshold>", such as "message_delivery:p(99)<250"`
  }
  const threshold = parseThreshold(metric, expression, false, 0)
  if (typeof threshold === 'string') return threshold
  const { aggregation, operator, limit } = threshold
  const isLatency = aggregation !== 'count' && aggregation !== 'rate' && operator.startsWith('<')
  if (isLatency && limit <= 0) return `${JSON.stringify(text)}: a latency is never below ${limit} ms`
  return { text: text.trim(), threshold, isLatency }
}

/** The objective for a sentence: `p(99) ≤ 250 ms`. */
export function objectiveWords({ threshold, isLatency }: Objective): string {
  const { metric, aggregation, operator, limit } = threshold
  const what = typeof aggregation === 'object' ? `p(${aggregation.percentile})` : aggregation
  const of = metric === 'message_delivery' && isLatency ? what : `${what} of ${metric}`
  return `${of} ${SIGNS[operator]} ${limit}${isLatency ? ' ms' : ''}`
}

/**
 * Samples of its metric that a step needs for a percentile to be told apart from its neighbours: 30 beyond it. 0 where
 * the objective is not a percentile of a latency.
 */
export function samplesWanted({ threshold: { aggregation }, isLatency }: Objective): number {
  if (!isLatency) return 0
  if (aggregation === 'max' || aggregation === 'min') return 0
  const percentile = typeof aggregation === 'object' ? aggregation.percentile : 50
  return percentile >= 100 ? 0 : Math.ceil(BEYOND / (1 - percentile / 100) - ROUNDING)
}

// --- internal ---

const BEYOND = 30
/** 1 − 0.99 is not exactly 0.01. */
const ROUNDING = 1e-6

/** As a reader of a headline expects them: that a latency may equal its limit is beyond what is measured. */
const SIGNS: Record<Threshold['operator'], string> = {
  '<': '≤',
  '<=': '≤',
  '>': '≥',
  '>=': '≥',
  '==': '=',
  '!=': '≠',
}
