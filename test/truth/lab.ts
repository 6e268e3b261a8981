import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { RunResult } from '../../src/measure/result.ts'
import { runScenario } from '../commands/cli.ts'
import { readJournal, type TargetJournal } from './journal.ts'
import { readSentLog } from './truth.ts'

/** What a run left behind: the product's result, the target's journal, the scenario's own notes. */
export interface Observed {
  exitCode: number | null
  result: RunResult
  journal: TargetJournal
  /** By user index; empty for scenarios that note nothing. */
  sentLog: ReadonlyMap<number, readonly number[]>
}

export interface LabRun {
  scenario: string
  /** `-e` values; LOG is set to a file of its own when `isNoted`. */
  env?: Readonly<Record<string, number | string>>
  flags?: readonly string[]
  isNoted?: boolean
  /** Before whatever else the machine does, where that is allowed; default yes. */
  isPreferred?: boolean
  onChild?: (child: ChildProcess) => void
}

/** Runs `stompede run` with a reference target of its own in a second process. */
export async function observe(run: LabRun): Promise<Observed> {
  const journal = join(newDirectory(), 'journal.ndjson')
  return {
    ...(await observeAgainst({ ...run, flags: [...(run.flags ?? []), '--journal', journal] })),
    journal: readJournal(journal),
  }
}

/** Runs `stompede run` against a target that runs already; its journal is read by who started it. */
export async function observeAgainst({
  scenario,
  env = {},
  flags = [],
  isNoted = false,
  isPreferred = true,
  onChild = () => {},
}: LabRun): Promise<Omit<Observed, 'journal'>> {
  const log = join(newDirectory(), 'sent.log')
  const values = { ...env, ...(isNoted ? { LOG: log } : {}) }
  const settings = Object.entries(values).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const { code, result } = await runScenario(['-q', scenario, ...settings, ...flags], (child) => {
    if (isPreferred) prefer(child)
    onChild(child)
  })
  return { exitCode: code, result, sentLog: isNoted ? readSentLog(log) : new Map() }
}

/** A `stompede target` in a process of its own. */
export interface RunningTarget {
  apiUrl: string
  /** Ends it and reads what it did. */
  stop(): Promise<TargetJournal>
}

/** Starts `stompede target` on free ports with these flags and a journal. */
export async function startTargetCommand(flags: readonly string[]): Promise<RunningTarget> {
  const journal = join(newDirectory(), 'journal.ndjson')
  const child = spawn(
    process.execPath,
    ['src/stompede.js', 'target', '--port', '0', '--stomp-port', '0', '--journal', journal, ...flags],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  prefer(child)
  const closed = once(child, 'close')
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([first]) => String(first)),
    closed.then(() => ''),
  ])
  const [, apiUrl] = /^API (http:\/\/\S+)\/chat-ws /.exec(line) ?? []
  if (apiUrl === undefined) throw new Error(`the target did not start: ${line}`)
  return {
    apiUrl,
    async stop() {
      child.kill('SIGTERM')
      await closed
      return readJournal(journal)
    },
  }
}

// --- internal ---

const SCHEDULER = 'chrt'

function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'stompede-truth-'))
}

/**
 * Puts a process, and all it will start, before whatever else the machine does: the noise of other programs is not what
 * is measured. Needs the right to (root) and Linux's chrt; without them the machine has to be quiet by itself.
 */
function prefer({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    execFileSync(SCHEDULER, ['--all-tasks', '--rr', '--pid', '1', String(pid)], { stdio: 'ignore' })
  } catch {
    // Not allowed, or no such program: said in docs/truth.md.
  }
}
