import { join } from 'node:path'
import type { FinishedGate } from '../conform/gate.ts'
import type { History } from '../conform/history.ts'
import { SECTIONS, type Rule } from '../conform/rule.ts'
import { type ConformanceReportName, writeConformance } from '../report/conformance-reporters.ts'
import { summarizeConformance } from '../report/conformance-summary.ts'
import { resultText } from '../report/result-text.ts'
import { writeWhole } from '../report/whole-file.ts'
import { claimDirectory } from './written-reports.ts'

/** The recorded history of a gate, beside its result. */
export const HISTORY_FILE = 'history.ndjson'

/** The rules as lines: id, level, cost and title, under their sections. */
export function listRules(rules: readonly Rule[]): string {
  const width = Math.max(...rules.map(({ id }) => id.length))
  const lines: string[] = []
  let section: string | undefined
  for (const rule of rules) {
    if (rule.section !== section) lines.push(`${section === undefined ? '' : '\n'}${SECTIONS[rule.section]}`)
    section = rule.section
    const cost = rule.cost === 'slow' ? 'slow' : ''
    lines.push(`  ${rule.id.padEnd(width)}  ${rule.level.padEnd(6)}  ${cost.padEnd(4)}  ${rule.title}`)
  }
  return `${lines.join('\n')}\n`
}

/** Writes everything a gate leaves behind and prints its summary; where nothing can be written, the result itself. */
export async function finishGate(
  { result, history }: FinishedGate,
  reports: string,
  wanted: readonly string[],
): Promise<void> {
  try {
    result.run.id = await claimDirectory(reports, result.run.id)
    const directory = join(reports, result.run.id)
    const written = await writeConformance(result, directory, wanted as ConformanceReportName[])
    written.push(await writeWhole(directory, HISTORY_FILE, historyText(history)))
    process.stdout.write(`${summarizeConformance(result, { stream: process.stdout, written })}\n`)
  } catch (error) {
    const summary = summarizeConformance(result, { stream: process.stdout, written: [] })
    process.stdout.write(`${summary}\n${resultText(result)}`)
    throw error
  }
}

// --- internal ---

function historyText({ events }: History): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('')
}
