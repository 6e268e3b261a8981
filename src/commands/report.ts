import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Argv, CommandModule } from 'yargs'
import { rebuild } from '../engine/rebuild.ts'
import { StompedeError } from '../errors.ts'
import {
  CONFORMANCE_REPORTERS,
  type ConformanceReportName,
  isConformance,
  readStored,
  renderConformance,
} from '../report/conformance-reporters.ts'
import { summarizeConformance } from '../report/conformance-summary.ts'
import { summarize } from '../report/summary.ts'
import { EVENT_FILE } from './event-file.ts'
import { readEvents } from './read-events.ts'
import { REPORT_NAMES, writeReports } from './written-reports.ts'

interface ReportFlags {
  result: string
  out: string[]
}

/** `stompede report`: renders a stored result again, or rebuilds that of a run that was killed. */
export const reportCommand: CommandModule<object, ReportFlags> = {
  command: 'report <result>',
  describe: 'Render a stored result again, or rebuild that of a run that was killed',
  builder: (yargs: Argv<object>) =>
    yargs
      .positional('result', {
        type: 'string',
        demandOption: true,
        describe: 'The directory of a run or a gate, or its result.json',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        choices: [...new Set([...REPORT_NAMES, ...Object.keys(CONFORMANCE_REPORTERS)])],
        array: true,
        default: ['html'] as string[],
        describe: 'What to write beside it',
      })
      .example('$0 report reports/20260101-120000-steady', 'the page again, from the stored result')
      .example(
        '$0 report reports/20260101-120000-killed',
        'without a result.json, one is rebuilt from events.ndjson',
      ),
  handler: async ({ result: from, out }) => {
    const events = eventsWithoutResult(from)
    const written = events === undefined ? await renderAgain(from, out) : await renderRebuilt(events, out)
    process.stdout.write(`${written}\n`)
  },
}

// --- internal ---

/** The events of a directory that has no result. */
function eventsWithoutResult(directory: string): string | undefined {
  const events = join(directory, EVENT_FILE)
  return !existsSync(join(directory, 'result.json')) && existsSync(events) ? events : undefined
}

async function renderAgain(from: string, out: readonly string[]): Promise<string> {
  const result = await readStored(from)
  const directory = statSync(from).isDirectory() ? from : dirname(resolve(from))
  if (isConformance(result)) {
    requireReports(out, Object.keys(CONFORMANCE_REPORTERS), 'a gate')
    const written = await renderConformance(result, directory, out as ConformanceReportName[])
    return summarizeConformance(result, { stream: process.stdout, written })
  }
  requireReports(out, REPORT_NAMES, 'a run')
  return summarize(result, { stream: process.stdout, written: await writeReports(result, directory, out) })
}

/** Runs and gates have reports of their own beside those they share. */
function requireReports(out: readonly string[], known: readonly string[], of: string): void {
  const unknown = out.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new StompedeError(
    'USAGE',
    `the result of ${of} has no report ${unknown.join(', ')}; there are ${known.join(', ')}`,
  )
}

async function renderRebuilt(events: string, out: readonly string[]): Promise<string> {
  const { record, isTorn } = await readEvents(events)
  const seconds = record.seconds.length
  const torn = isTorn ? '; its last line is torn and was passed over' : ''
  process.stderr.write(`rebuilt from ${events}: ${seconds} s of the run${torn}\n`)
  requireReports(out, REPORT_NAMES, 'a run')
  const result = rebuild(record)
  const written = await writeReports(result, dirname(events), ['json', ...out])
  return summarize(result, { stream: process.stdout, written })
}
