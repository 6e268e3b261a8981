import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A bench process that is spoken to in messages with a `kind`. */
export interface Child<To, From extends { kind: string }> {
  readonly pid: number
  send(message: To): void
  /** The next message of that kind; others are passed over. Rejects when the process ends first. */
  next<Kind extends From['kind']>(kind: Kind): Promise<Extract<From, { kind: Kind }>>
  /** Lets it go and resolves when it has ended. */
  stop(): Promise<void>
}

/** Most files a process started by `startChild` may have open. */
export async function mostFiles(): Promise<number> {
  const shell = spawn('sh', ['-c', `${RAISE}; ulimit -n`], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  shell.stdout.on('data', (piece: Buffer) => (text += piece.toString()))
  await once(shell, 'close')
  return text.trim() === 'unlimited' ? Infinity : Number(text)
}

/**
 * Starts a file as a process of its own, through a shell that raises the limit of open files as far as it may. The
 * process ends when this one does, or disconnects.
 */
export function startChild<To, From extends { kind: string }>(
  file: string,
  options: {
    nodeArgs?: readonly string[]
    args?: readonly string[]
    env?: Readonly<Record<string, string>>
  } = {},
): Child<To, From> {
  const { nodeArgs = [], args = [], env = {} } = options
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(
    'sh',
    ['-c', `${RAISE}; exec "$@"`, 'sh', process.execPath, ...nodeArgs, path, ...args],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...env },
    },
  )
  return childOf(child, file)
}

/** Processor time a process has used so far, user and system, all threads, in µs; to a clock tick (10 ms). */
export function cpuUsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** Tells what is going on, beside the table. */
export function note(text: string): void {
  process.stderr.write(`  ${text}\n`)
}

// --- internal ---

/** A refusal is no fault here: whoever needs more than it gets asks `mostFiles`. */
const RAISE = 'ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -H -n)"'

const STOP_LIMIT_MS = 20_000

function childOf<To, From extends { kind: string }>(child: ChildProcess, name: string): Child<To, From> {
  const inbox: From[] = []
  let wake = (): void => {}
  let isGone = false
  child.on('message', (message: From) => {
    inbox.push(message)
    wake()
  })
  const ended = once(child, 'exit').then(() => {
    isGone = true
    wake()
  })
  return {
    pid: child.pid ?? 0,
    send: (message) => void child.send(message as object),
    async next<Kind extends From['kind']>(kind: Kind) {
      for (;;) {
        for (let message = inbox.shift(); message !== undefined; message = inbox.shift())
          if (message.kind === kind) return message as Extract<From, { kind: Kind }>
        if (isGone) throw new Error(`${name} ended before it was ${kind}`)
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    async stop() {
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await ended
      clearTimeout(timer)
    },
  }
}
