import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunResult } from '../../src/measure/result.ts'

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs the command line as a user does, in a process of its own; `within` is a command that runs another. */
export function stompede(
  args: readonly string[],
  onChild: (child: ChildProcess) => void = () => {},
  within: readonly string[] = [],
): Promise<Finished> {
  const [program = '', ...words] = [...within, process.execPath, 'src/stompede.js', ...args]
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  onChild(child)
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

/** Runs a scenario into a directory of its own; returns what was printed and written. */
export async function runScenario(
  args: readonly string[],
  onChild?: (child: ChildProcess) => void,
): Promise<Finished & { directory: string; result: RunResult; files: string[] }> {
  const reports = mkdtempSync(join(tmpdir(), 'stompede-run-'))
  const finished = await stompede(['run', ...args, '--reports', reports], onChild)
  const [run] = readdirSync(reports)
  if (run === undefined) throw new Error(`no report was written:\n${finished.stderr}`)
  const directory = join(reports, run)
  const result = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as RunResult
  return { ...finished, directory, result, files: readdirSync(directory).toSorted() }
}
