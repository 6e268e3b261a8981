import type { ComparisonResult } from '../../measure/comparison.ts'
import { COMPARISON_WORD, sentenceOf } from '../comparison-words.ts'
import { annotation, MOST_ANNOTATIONS } from './github.ts'

/**
 * The workflow commands that put a comparison on the page of a GitHub run, one a line: what got worse as errors, what could not be
 * told as warnings, none where nothing got worse.
 */
export function comparisonAnnotations(result: ComparisonResult): string[] {
  const { verdict, plan } = result
  if (verdict.status === 'same' || verdict.status === 'better') return []
  const kind = verdict.status === 'worse' ? 'error' : 'warning'
  const title = `${COMPARISON_WORD[verdict.status]}: ${plan.scenario}`
  const all = verdict.reasons.length > 0 ? verdict.reasons : [sentenceOf(result)]
  const more = all.length - MOST_ANNOTATIONS
  return [
    ...all.slice(0, MOST_ANNOTATIONS).map((each) => annotation(kind, title, each)),
    ...(more > 0 ? [annotation(kind, title, `${more} more, see the summary`)] : []),
  ]
}
