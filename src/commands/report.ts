import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Argv, CommandModule } from 'yargs'
import { rebuild } from '../engine/rebuild.ts'
import { reasonOf, StompedeError } from '../errors.ts'
import { CAPACITY_SCHEMA_NAME } from '../measure/capacity.ts'
import { COMPARISON_SCHEMA_NAME } from '../measure/comparison.ts'
import { CONFORMANCE_SCHEMA_NAME } from '../measure/conformance.ts'
import { CAPACITY_REPORTERS, type CapacityReportName, renderCapacity } from '../report/capacity-reporters.ts'
import {
  COMPARISON_REPORTERS,
  type ComparisonReportName,
  renderComparison,
} from '../report/comparison-reporters.ts'
import {
  CONFORMANCE_REPORTERS,
  type ConformanceReportName,
  readStored,
  renderConformance,
} from '../report/conformance-reporters.ts'
import { summarizeCapacity } from '../report/terminal/capacity-summary.ts'
import { summarizeComparison } from '../report/terminal/comparison-summary.ts'
import { summarizeConformance } from '../report/terminal/conformance-summary.ts'
import { listLines } from '../report/terminal/run-list.ts'
import { summarize } from '../report/terminal/summary.ts'
import { EVENT_FILE } from './stored/event-file.ts'
import { readEvents } from './stored/read-events.ts'
import { readIndex, writeIndex } from './stored/report-index.ts'
import { REPORT_NAMES, streamsFor, writeReports } from './stored/written-reports.ts'

interface ReportFlags {
  result: string | undefined
  out: string[]
  reports: string
  json: boolean
}

/** `stompede report`: renders a stored result again, rebuilds that of a run that was killed, or lists what there is. */
export const reportCommand: CommandModule<object, ReportFlags> = {
  command: 'report [result]',
  describe: 'List runs, render a stored result again, or rebuild that of a run that was killed',
  builder: (yargs: Argv<object>) =>
    yargs
      .positional('result', {
        type: 'string',
        describe:
          'The directory of a run, gate, search or comparison, or its result.json; else all are listed',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        choices: [...new Set([...REPORT_NAMES, ...Object.keys(CONFORMANCE_REPORTERS)])],
        array: true,
        default: ['html'] as string[],
        describe: 'What to write beside it',
      })
      .option('reports', { type: 'string', default: 'reports', describe: 'Directory of what is listed' })
      .option('json', { type: 'boolean', default: false, describe: 'The list as JSON' })
      .example('$0 report', 'everything under reports/, and reports/index.html anew')
      .example('$0 report reports/20260101-120000-steady', 'the page again, from the stored result')
      .example('$0 report reports/20260101-120000-steady -o csv -o k6-summary', 'the same for other tools')
      .example(
        '$0 report reports/20260101-120000-killed',
        'without a result.json, one is rebuilt from events.ndjson',
      ),
  handler: async ({ result: from, out, reports, json }) => {
    if (from === undefined) return list(reports, json)
    if (json) throw new StompedeError('USAGE', '--json is for the list, which takes no result')
    const events = eventsWithoutResult(from)
    const written = events === undefined ? await renderAgain(from, out) : await renderRebuilt(events, out)
    streamsFor(out).people.write(`${written}\n`)
  },
}

// --- internal ---

/** Prints the newest of what there is and writes the page that links it. */
async function list(reports: string, isJson: boolean): Promise<void> {
  const index = await readIndex(reports).catch((error: unknown) => {
    throw new StompedeError('RESULT_UNREADABLE', `there are no reports in ${reports}: ${reasonOf(error)}`)
  })
  const page = await writeIndex(reports, index).catch((error: unknown) => {
    // The list is what was asked for; it may be of a directory that others write to.
    process.stderr.write(`stompede: the list is not written as a page (${reasonOf(error)})\n`)
  })
  if (isJson)
    process.stdout.write(`${JSON.stringify({ reports, ...index, page: page ?? null }, undefined, 2)}\n`)
  else process.stdout.write(`${listLines(index, reports, page).join('\n')}\n`)
}

/** The events of a directory that has no result. */
function eventsWithoutResult(directory: string): string | undefined {
  const events = join(directory, EVENT_FILE)
  return !existsSync(join(directory, 'result.json')) && existsSync(events) ? events : undefined
}

async function renderAgain(from: string, out: readonly string[]): Promise<string> {
  const result = await readStored(from)
  const directory = statSync(from).isDirectory() ? from : dirname(resolve(from))
  const stream = process.stdout
  switch (result.schema) {
    case CONFORMANCE_SCHEMA_NAME: {
      requireReports(out, Object.keys(CONFORMANCE_REPORTERS), 'a gate')
      const written = await renderConformance(result, directory, out as ConformanceReportName[])
      return summarizeConformance(result, { stream, written })
    }
    case CAPACITY_SCHEMA_NAME: {
      requireReports(out, Object.keys(CAPACITY_REPORTERS), 'a capacity search')
      const written = await renderCapacity(result, directory, out as CapacityReportName[])
      return summarizeCapacity(result, { stream, written })
    }
    case COMPARISON_SCHEMA_NAME: {
      requireReports(out, Object.keys(COMPARISON_REPORTERS), 'a comparison')
      const written = await renderComparison(result, directory, out as ComparisonReportName[])
      return summarizeComparison(result, { stream, written })
    }
    default: {
      requireReports(out, REPORT_NAMES, 'a run')
      const written = await writeReports(result, directory, out)
      return summarize(result, { stream: streamsFor(out).people, written })
    }
  }
}

/** Each kind of result has reports of its own beside those it shares. */
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
  return summarize(result, { stream: streamsFor(out).people, written })
}
