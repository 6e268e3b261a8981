import { join } from 'node:path'
import { CATALOGUE } from '../../conform/catalogue.ts'
import type { FinishedGate } from '../../conform/gate.ts'
import { HISTORY_FILE, type History } from '../../conform/history.ts'
import { SECTIONS, type Rule } from '../../conform/rule.ts'
import { type ConformanceReportName, writeConformance } from '../../report/conformance-reporters.ts'
import { summarizeConformance } from '../../report/terminal/conformance-summary.ts'
import { resultText } from '../../report/files/result-text.ts'
import { writeWhole } from '../../report/files/whole-file.ts'
import { updateIndex } from '../stored/report-index.ts'
import { claimDirectory } from '../stored/written-reports.ts'

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

/**
 * Writes everything a gate leaves behind and prints its summary; where nothing can be written, the result itself. Rules
 * that judge a history are repeated by `replayLine`, which is given the directory it lies in.
 */
export async function finishGate(
  { result, history }: FinishedGate,
  reports: string,
  wanted: readonly string[],
  replayLine: (directory: string, id: string) => string,
): Promise<void> {
  try {
    result.run.id = await claimDirectory(reports, result.run.id)
    const directory = join(reports, result.run.id)
    for (const each of result.cases) if (isPassive(each.id)) each.reproduce = [replayLine(directory, each.id)]
    const written = await writeConformance(result, directory, wanted as ConformanceReportName[])
    written.push(await writeWhole(directory, HISTORY_FILE, historyText(history)))
    process.stdout.write(`${summarizeConformance(result, { stream: process.stdout, written })}\n`)
    await updateIndex(reports, (line) => process.stderr.write(`stompede: ${line}\n`))
  } catch (error) {
    const summary = summarizeConformance(result, { stream: process.stdout, written: [] })
    process.stdout.write(`${summary}\n${resultText(result)}`)
    throw error
  }
}

// --- internal ---

function isPassive(id: string): boolean {
  return CATALOGUE.some((rule) => rule.id === id && 'judge' in rule)
}

function historyText({ events }: History): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('')
}
