import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT, reasonOf } from '../../errors.ts'
import {
  COMPARISON_SCHEMA_NAME,
  COMPARISON_SCHEMA_VERSION,
  type ComparisonResult,
} from '../../measure/comparison.ts'
import { type ComparisonReportName, writeComparison } from '../../report/comparison-reporters.ts'
import { summarizeComparison } from '../../report/terminal/comparison-summary.ts'
import { commandLine } from '../run/command-line.ts'
import type { CompareFlags } from './flags.ts'
import { updateIndex } from '../stored/report-index.ts'
import { withShownSides } from './secrets.ts'
import { claimDirectory, prepareReports } from '../stored/written-reports.ts'

/** A comparison without what its output knows itself. */
export type ComparisonHead = Omit<ComparisonResult, 'schema' | 'schemaVersion' | 'run'> & {
  stoppedBy: ComparisonResult['run']['stoppedBy']
}

/** Where a comparison goes. */
export interface ComparisonOutput {
  directory: string
  /** What repeats it, without secrets. */
  command: string
  /** Writes what there is so far as a part of a comparison. What goes wrong is told and costs nothing else. */
  keep(head: ComparisonHead): Promise<void>
  /** Writes the reports and prints the summary; resolves with the exit code. */
  finish(head: ComparisonHead): Promise<number>
  /** There is nothing to keep. */
  abandon(): Promise<void>
}

/** Makes the directory of a comparison. Throws REPORT_UNWRITABLE. */
export async function openComparison(
  { reports, out, a, b }: Pick<CompareFlags, 'reports' | 'out' | 'a' | 'b'>,
  { startedAt, tags }: { startedAt: Date; tags: Readonly<Record<string, string>> },
  warn: (line: string) => void,
): Promise<ComparisonOutput> {
  await prepareReports(reports)
  const stamp = startedAt.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const id = await claimDirectory(reports, `${stamp}-compare`)
  const directory = join(reports, id)
  const command = commandLine(withShownSides(process.argv.slice(2), [a, b]))
  const whole = ({ stoppedBy, ...parts }: ComparisonHead): ComparisonResult => {
    const endedAt = new Date()
    return {
      schema: COMPARISON_SCHEMA_NAME,
      schemaVersion: COMPARISON_SCHEMA_VERSION,
      run: {
        id,
        kind: 'comparison',
        startedAt: startedAt.toISOString(),
        endedAt: endedAt.toISOString(),
        durationSeconds: (endedAt.getTime() - startedAt.getTime()) / 1e3,
        isPartial: stoppedBy !== 'plan',
        stoppedBy,
        tags: { ...tags },
        command,
      },
      ...parts,
    }
  }
  return {
    directory,
    command,
    async keep(head) {
      try {
        await writeComparison(whole(head), directory, [])
      } catch (error) {
        warn(`the comparison so far cannot be kept (${reasonOf(error)})`)
      }
    },
    async finish(head) {
      const result = whole(head)
      const { exitCode } = result.verdict
      try {
        const written = await writeComparison(result, directory, out as ComparisonReportName[])
        process.stdout.write(`${summarizeComparison(result, { stream: process.stdout, written })}\n`)
        await updateIndex(reports, warn)
        return exitCode
      } catch (error) {
        warn(
          `reports cannot be written to ${directory} (${reasonOf(error)}): the result is on standard output`,
        )
        process.stdout.write(`${JSON.stringify(result)}\n`)
        return exitCode === EXIT.pass ? EXIT.usage : exitCode
      }
    },
    async abandon() {
      // It stays where something lies in it.
      await rmdir(directory).catch(() => undefined)
    },
  }
}
