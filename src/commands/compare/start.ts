import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { EXIT, reasonOf, StompedeError } from '../../errors.ts'
import { withoutSecrets } from './secrets.ts'

/** A deployment that a command started, in a process group of its own. */
export interface StartedCommand {
  /** Of the shell; what it started are its descendants. */
  pid: number
  /** Ends the group and nothing else: SIGTERM, and SIGKILL after a grace. What still listens after that is told. */
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
  /** Something a person should know. */
  warn: (line: string) => void
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
  const started = groupOf(child, ended, order)
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
/** A port is let go of a moment after its process ended. */
const LET_GO_LIMIT_MS = 500
const POLL_MS = 100
const TAIL_CHARACTERS = 4_096

interface Address {
  host: string
  port: number
}

async function requireFree({ name, url }: StartOrder): Promise<void> {
  const at = addressOf(url)
  if (await isLeft(at, FREE_LIMIT_MS)) return
  throw new StompedeError(
    'TARGET_FAILED',
    `${name} cannot start: something already listens at ${at.host}:${at.port}; end it, or name another --target`,
  )
}

function addressOf(url: string): Address {
  const { hostname, port, protocol } = new URL(url)
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (/^(?:https|wss):$/.test(protocol) ? 443 : 80),
  }
}

/** Whether nobody listens at an address, at the latest after that time. */
async function isLeft(at: Address, withinMs: number): Promise<boolean> {
  for (const until = performance.now() + withinMs; await isTaken(at); await pause(POLL_MS))
    if (performance.now() >= until) return false
  return true
}

function isTaken(at: Address): Promise<boolean> {
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
  const said = (): string =>
    lastLine() === '' ? 'it wrote nothing' : `its last line: ${withoutSecrets(lastLine())}`
  const where = withoutSecrets(url)
  let end: string | undefined
  void ended.then((how) => (end = how))
  let reason = 'nothing answered'
  const until = performance.now() + timeoutMs
  const limit = limitOf(timeoutMs, signal)
  try {
    while (performance.now() < until) {
      if (signal.aborted) return false
      try {
        // A probe that hangs is left to its own limit.
        const isAnswered = await Promise.race([
          answers().then(() => true),
          limit.over.then(() => false),
          ended.then(() => false),
        ])
        if (isAnswered && end === undefined) return true
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
      await Promise.race([pause(POLL_MS), limit.over, ended])
    }
  } finally {
    limit.release()
  }
  if (signal.aborted) return false
  if (end !== undefined) {
    // What it wrote last may still be on its way.
    await pause(POLL_MS)
    throw new StompedeError('TARGET_FAILED', `${name} ${end} before it answered at ${where}; ${said()}`)
  }
  throw new StompedeError(
    'TARGET_UNREACHABLE',
    `${name} did not answer at ${where} within ${timeoutMs / 1e3} s (${reason}); ${said()}`,
  )
}

/** A promise that resolves when a time is over or a signal comes, whichever is first. */
function limitOf(timeoutMs: number, signal: AbortSignal): { over: Promise<void>; release: () => void } {
  let release = (): void => {}
  const over = new Promise<void>((resolve) => {
    const onAbort = (): void => resolve()
    const timer = setTimeout(onAbort, timeoutMs)
    signal.addEventListener('abort', onAbort)
    release = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  })
  return { over, release: () => release() }
}

function groupOf(
  child: ChildProcess,
  ended: Promise<string>,
  { name, url, warn, graceMs = GRACE_MS }: StartOrder,
): StartedCommand {
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
      // Whoever left the group may hold its output, and would keep this process from ending.
      child.stdout?.destroy()
      child.stderr?.destroy()
      const at = addressOf(url)
      if (!(await isLeft(at, LET_GO_LIMIT_MS)))
        warn(`${name}: ${at.host}:${at.port} still listens after its start command was ended`)
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
