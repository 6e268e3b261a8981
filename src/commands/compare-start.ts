import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { EXIT, reasonOf, StompedeError } from '../errors.ts'

/** A deployment that a command started, in a process group of its own. */
export interface StartedCommand {
  /** Of the shell; what it started are its descendants. */
  pid: number
  /** Ends the group and nothing else: SIGTERM, and SIGKILL after a grace. */
  stop(): Promise<void>
}

export interface StartOrder {
  /** `A`, for messages. */
  name: string
  command: string
  /** Where it will listen. */
  url: string
  timeoutMs: number
  /** Resolves once the deployment takes users; rejects while it does not. */
  answers: () => Promise<void>
  signal: AbortSignal
  /** What it is given after SIGTERM; 10 s where nothing is said. */
  graceMs?: number
}

/**
 * Starts a command with the shell and waits until it answers; null when the signal came first. Throws TARGET_FAILED where
 * something else is at its address or it ended, with the last line it wrote, and TARGET_UNREACHABLE after the time given.
 */
export async function startCommand(order: StartOrder): Promise<StartedCommand | null> {
  await requireFree(order)
  const child = spawn('/bin/sh', ['-c', order.command], {
    // A group of its own: it can be ended as a whole, and Ctrl-C leaves it to a run that drains.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lastLine = tailOf(child)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${reasonOf(error)})`))
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `ended with code ${code}` : `was ended by ${signal}`),
    )
  })
  const started = groupOf(child, ended, order.graceMs ?? GRACE_MS)
  try {
    return (await isReady(order, ended, lastLine)) ? started : await started.stop().then(() => null)
  } catch (error) {
    await started.stop()
    throw error
  }
}

// --- internal ---

/** What was there before may take a moment to let go of its port. */
const FREE_LIMIT_MS = 3_000
const GRACE_MS = 10_000
const POLL_MS = 100
const TAIL_CHARACTERS = 4_096

async function requireFree({ name, url }: StartOrder): Promise<void> {
  const { hostname, port, protocol } = new URL(url)
  const at = {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (/^(?:https|wss):$/.test(protocol) ? 443 : 80),
  }
  for (const until = performance.now() + FREE_LIMIT_MS; await isTaken(at); await pause(POLL_MS)) {
    if (performance.now() < until) continue
    throw new StompedeError(
      'TARGET_FAILED',
      `${name} cannot start: something already listens at ${at.host}:${at.port}; end it, or name another --target`,
    )
  }
}

function isTaken(at: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(at)
    const tell = (is: boolean): void => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', () => tell(true))
    socket.once('error', () => tell(false))
    socket.setTimeout(1_000, () => tell(false))
  })
}

/** The last line that a command wrote, to either output. */
function tailOf(child: ChildProcess): () => string {
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-TAIL_CHARACTERS)))
  }
  return () =>
    tail
      .split('\n')
      .map((line) => line.trim())
      .findLast((line) => line !== '' && !line.startsWith('at ') && !line.startsWith('Node.js v')) ?? ''
}

async function isReady(
  { name, url, timeoutMs, answers, signal }: StartOrder,
  ended: Promise<string>,
  lastLine: () => string,
): Promise<boolean> {
  const said = (): string => (lastLine() === '' ? 'it wrote nothing' : `its last line: ${lastLine()}`)
  let end: string | undefined
  void ended.then((how) => (end = how))
  let reason = 'nothing answered'
  for (const until = performance.now() + timeoutMs; performance.now() < until;) {
    if (signal.aborted) return false
    try {
      await answers()
      if (end === undefined) return true
    } catch (error) {
      // A token that is refused is refused a second later too.
      if (
        !(error instanceof StompedeError) ||
        error.exitCode !== EXIT.unreachable ||
        error.code === 'TOKEN_REFUSED'
      )
        throw error
      reason = error.message
    }
    if (end !== undefined) break
    await Promise.race([pause(POLL_MS), ended])
  }
  if (end !== undefined) {
    // What it wrote last may still be on its way.
    await pause(POLL_MS)
    throw new StompedeError('TARGET_FAILED', `${name} ${end} before it answered at ${url}; ${said()}`)
  }
  throw new StompedeError(
    'TARGET_UNREACHABLE',
    `${name} did not answer at ${url} within ${timeoutMs / 1e3} s (${reason}); ${said()}`,
  )
}

function groupOf(child: ChildProcess, ended: Promise<string>, graceMs: number): StartedCommand {
  const group = child.pid ?? 0
  const send = (signal: NodeJS.Signals): void => {
    try {
      if (group > 0) process.kill(-group, signal)
    } catch {
      // It is gone already.
    }
  }
  // However this process ends, what it started ends with it.
  const onExit = (): void => send('SIGKILL')
  process.once('exit', onExit)
  return {
    pid: group,
    async stop() {
      if (group === 0) return
      send('SIGTERM')
      for (const until = performance.now() + graceMs; isAlive(group) && performance.now() < until;)
        await pause(POLL_MS / 2)
      if (isAlive(group)) send('SIGKILL')
      await ended
      process.off('exit', onExit)
    },
  }
}

/** Whether a process group has a member that still runs. One that nobody waited for does not count, where that can be told. */
function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch {
    return false
  }
  let processes: string[]
  try {
    processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return true
  }
  return processes.some((pid) => {
    try {
      // pid (name) state parent group …; the name may hold anything.
      const [state, , of] = readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')
      return Number(of) === group && state !== 'Z' && state !== 'X'
    } catch {
      return false
    }
  })
}
