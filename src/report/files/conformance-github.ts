import type { ConformanceCase, ConformanceResult } from '../../measure/conformance.ts'
import { gateWords, remedyOf, troubles, weightOf } from '../conformance-words.ts'
import { numbered } from '../format.ts'
import { annotation, MOST_ANNOTATIONS } from './github.ts'

/**
 * The workflow commands that put what broke on the page of a GitHub run, one a line: at most nine and one that counts the
 * rest, for GitHub shows ten of a kind and drops the others without a word. What turned the gate is an error, a SHOULD that
 * failed without being judged a warning.
 */
export function annotationLines(result: ConformanceResult): string[] {
  const { word, sentence, reasons } = gateWords(result)
  const groups = troubles(result)
  const { status, exitCode } = result.verdict
  if (status === 'unreachable' || (groups.length === 0 && exitCode !== 0))
    return [annotation('error', word, [sentence, ...reasons].join(' '))]
  const more = groups.length - MOST_ANNOTATIONS
  return [
    ...groups.slice(0, MOST_ANNOTATIONS).map((group) => annotationOf(group, result)),
    ...(more > 0 ? [annotation('error', word, `${more} more, see the summary`)] : []),
  ]
}

// --- internal ---

function annotationOf(
  [first, ...others]: readonly [ConformanceCase, ...ConformanceCase[]],
  result: ConformanceResult,
): string {
  const { id, state, title, actual } = first
  const remedy = remedyOf(first)
  const kind = weightOf(first, result) === 'none' ? 'warning' : 'error'
  if (others.length > 0) return annotation(kind, `${numbered(others.length + 1, 'case')} ${state}`, actual)
  return annotation(kind, `${state} ${id}`, `${title}: ${actual}${remedy === null ? '' : `\n${remedy}`}`)
}
