import { join } from 'node:path'
import type { ConformanceCase, ConformanceResult } from '../../measure/conformance.ts'
import { transcriptText, WHOLE } from '../conformance-transcript.ts'
import { basisText, excuseText, remedyOf } from '../conformance-words.ts'
import { EVIDENCE, framesFile, hasEvidence, safeId, transcriptFile } from '../evidence-paths.ts'
import { countText } from '../format.ts'
import { visible, visibleLine } from '../visible.ts'
import { writeWhole } from './whole-file.ts'

/**
 * Writes `evidence/<id>.txt` and, where something was sent to the broker, `evidence/<id>.frames` for each case that has
 * evidence. Returns the directory of the files, or nothing when there are none.
 */
export async function writeEvidence(result: ConformanceResult, directory: string): Promise<string[]> {
  const cases = result.cases.filter(hasEvidence)
  const evidence = join(directory, EVIDENCE)
  for (const each of cases) {
    await writeWhole(evidence, `${safeId(each.id)}.txt`, evidenceText(each))
    if (each.frames.length > 0)
      await writeWhole(evidence, `${safeId(each.id)}.frames`, Buffer.concat(messagesOf(each)))
  }
  return cases.length === 0 ? [] : [evidence]
}

/** Everything known of a case as text for people: what is asked, what came, and the whole transcript. */
export function evidenceText(each: ConformanceCase): string {
  const { id, state, level, severity, title, basis, fragment, excuse, startedMs, durationMs } = each
  const remedy = remedyOf(each)
  const head = [id, state, level, ...(severity === null ? [] : [severity])].join(' · ')
  const lines = [
    visibleLine(head),
    visibleLine(title),
    '',
    ...labelled('requirement', basisText(basis)),
    ...labelled('', `“${basis.quote}”`),
    ...labelled('sent', each.sends),
    ...each.expected.flatMap((outcome, i) => labelled(i === 0 ? 'expected' : '', `${i + 1}. ${outcome}`)),
    ...labelled('actual', each.actual),
    ...(fragment === null
      ? []
      : labelled('found', `${fragment.path === '' ? '/' : fragment.path}: ${fragment.found}`)),
    ...(excuse === null ? [] : labelled('excused', excuseText(excuse))),
    ...(remedy === null ? [] : labelled('remedy', remedy)),
    ...each.reproduce.flatMap((line, i) => labelled(i === 0 ? 'repeat' : '', line)),
    ...labelled('frames', framesText(each)),
    '',
    `transcript  ms after the case began, which was ${startedMs.toFixed(1)} ms after the gate did; the case took ${durationMs.toFixed(1)} ms`,
    '',
    ...(each.transcript.length === 0
      ? ['none of its own']
      : transcriptText(each, WHOLE, transcriptFile(each))),
  ]
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

// --- internal ---

const LABEL = 12

function labelled(label: string, text: string): string[] {
  return visible(text)
    .split(/\r?\n/)
    .map((line, i) => (i === 0 ? label : '').padEnd(LABEL) + line)
}

function messagesOf({ frames }: ConformanceCase): Buffer[] {
  return frames.map((frame) => Buffer.from(frame, 'base64'))
}

/** The bytes in the file run into each other; this says where one WebSocket message ends and the next begins. */
function framesText(each: ConformanceCase): string {
  if (each.frames.length === 0) return 'nothing was sent to the broker'
  const sizes = messagesOf(each).map(({ length }) => countText(length))
  const one = sizes.length === 1
  return `${framesFile(each)}: ${countText(sizes.length)} WebSocket message${one ? '' : 's'} of ${sizes.join(', ')} bytes`
}
