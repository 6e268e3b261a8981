import type { RunResult } from '../../measure/result.ts'
import { verdictWords } from '../verdict-words.ts'
import { annotation, MOST_ANNOTATIONS } from './github.ts'

/**
 * The workflow commands that put a run on the page of a GitHub run, one a line: what failed it as errors, what left it open as
 * warnings, none for a pass that rests on a valid run.
 */
export function runAnnotations(result: RunResult): string[] {
  const { verdict, validity, plan } = result
  const { word, sentence, reasons } = verdictWords(result)
  const title = `${word}: ${plan.scenario}`
  const kind = verdict.status === 'fail' ? 'error' : 'warning'
  const doubts =
    validity.status === 'valid' || reasons.length > 0
      ? []
      : validity.checks
          .filter(({ status }) => status !== 'ok')
          .map(({ id, says }) => `the run is ${validity.status}: ${id}; wanted: ${says}`)
  if (verdict.status === 'pass') return doubts.map((doubt) => annotation('warning', title, doubt))
  const all = reasons.length > 0 ? reasons : [sentence]
  const more = all.length - MOST_ANNOTATIONS
  return [
    ...all.slice(0, MOST_ANNOTATIONS).map((reason) => annotation(kind, title, reason)),
    ...(more > 0 ? [annotation(kind, title, `${more} more, see the summary`)] : []),
  ]
}
