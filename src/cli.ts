import { createRequire } from 'node:module'
import yargs, { type Argv } from 'yargs'
import { hideBin } from 'yargs/helpers'
import { baselineCommand } from './commands/baseline.ts'
import { capacityCommand } from './commands/capacity.ts'
import { compareCommand } from './commands/compare.ts'
import { conformCommand } from './commands/conform.ts'
import { contractCommand } from './commands/contract.ts'
import { doctorCommand } from './commands/doctor.ts'
import { flagProblems, type KnownFlags } from './commands/run/flag-values.ts'
import { initCommand } from './commands/init.ts'
import { reportCommand } from './commands/report.ts'
import { runCommand } from './commands/run.ts'
import { targetCommand } from './commands/target.ts'
import { trendCommand } from './commands/trend.ts'
import { EXIT, reasonOf, StompedeError } from './errors.ts'

// The only place that knows argv and exit codes. A known error is one line a problem; an unknown one shows its stack.

/** Parses the command line and runs the command it names; resolves with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.pass
  const parser = (yargs(argv as string[]) as Argv<object>)
    .scriptName('stompede')
    .usage(
      '$0 <command>\n\nLoad, capacity, regression and conformance tests for chat over STOMP and WebSocket.',
    )
    .command(runCommand((code) => (exitCode = code)))
    .command(conformCommand((code) => (exitCode = code)))
    .command(capacityCommand((code) => (exitCode = code)))
    .command(compareCommand((code) => (exitCode = code)))
    .command(trendCommand)
    .command(baselineCommand)
    .command(targetCommand)
    .command(doctorCommand((code) => (exitCode = code)))
    .command(contractCommand((code) => (exitCode = code)))
    .command(reportCommand)
    .command(initCommand)
    .demandCommand(1, 'Name a command; --help lists them.')
    .check((_, known) => {
      const problems = flagProblems(argv, known as unknown as KnownFlags)
      if (problems.length > 0) throw new StompedeError('USAGE', 'the command line has faults', { problems })
      return true
    })
    .strict()
    .recommendCommands()
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .epilogue('Exit codes and examples: README.md. Every command has --help.')
    .version(version)
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error ?? new StompedeError('USAGE', message)
    })
  try {
    await parser.parseAsync()
    return exitCode
  } catch (error) {
    return report(error)
  }
}

// --- internal ---

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** What a target or a file said may carry escapes that would drive the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (control) => (control === '\t' ? ' ' : '·'))
}

function report(error: unknown): number {
  if (error instanceof StompedeError) {
    process.stderr.write(`stompede: ${printable(error.message)}\n`)
    for (const problem of error.problems) process.stderr.write(`  - ${printable(problem)}\n`)
    return error.exitCode
  }
  process.stderr.write(`stompede: internal fault\n${error instanceof Error ? error.stack : String(error)}\n`)
  return EXIT.internal
}

let isOutputBroken = false
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `stompede … | head` closes our output early: that is the reader's choice, not a fault.
  if (error.code === 'EPIPE' || isOutputBroken) return
  isOutputBroken = true
  process.stderr.write(`stompede: standard output cannot be written (${reasonOf(error)})\n`)
  if (isDone) process.exitCode ||= EXIT.usage
})

// Where not even the error output takes anything there is nobody left to tell: that is no reason to end a run.
process.stderr.on('error', () => undefined)

// A scenario file that ends the process must not look like a green run.
let isDone = false
process.on('exit', (code) => {
  if (isDone || code !== 0) return
  process.stderr.write('stompede: the process was ended before the command was done, by a scenario?\n')
  process.exitCode = EXIT.scenarioException
})

const ended = await main(hideBin(process.argv))
process.exitCode = isOutputBroken && ended === EXIT.pass ? EXIT.usage : ended
isDone = true
