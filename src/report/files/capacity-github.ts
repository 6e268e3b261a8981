import type { CapacityResult } from '../../measure/capacity.ts'
import { capacityWord, furtherOpen } from '../capacity-words.ts'
import { annotation, MOST_ANNOTATIONS } from './github.ts'

/**
 * The workflow commands that put a search on the page of a GitHub run, one a line: what failed it as errors, what left it open as
 * warnings, none for a capacity that was found.
 */
export function capacityAnnotations(result: CapacityResult): string[] {
  const { verdict, plan, headline } = result
  if (verdict.status === 'pass') return []
  const kind = verdict.status === 'fail' ? 'error' : 'warning'
  const title = `${capacityWord(result)}: ${plan.scenario}`
  const all = [headline, ...verdict.reasons, ...furtherOpen(result).map((each) => `left open: ${each}`)]
  const more = all.length - MOST_ANNOTATIONS
  return [
    ...all.slice(0, MOST_ANNOTATIONS).map((each) => annotation(kind, title, each)),
    ...(more > 0 ? [annotation(kind, title, `${more} more, see the summary`)] : []),
  ]
}
