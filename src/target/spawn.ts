import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { StompedeError } from '../errors.ts'
import type { FaultLog } from './faults.ts'
import type { TargetReply, TargetRequest } from './process.ts'
import type { TargetAddress, TargetOptions } from './server.ts'

/** How a target process ended. */
export interface TargetEnd {
  code: number | null
  signal: NodeJS.Signals | null
  /** The last line it wrote to its error output, or ''. */
  lastLine: string
}

/** A reference target in a process of its own. */
export interface TargetHandle extends TargetAddress {
  readonly pid: number
  /** Resolves when the process ends, whoever ended it. */
  readonly ended: Promise<TargetEnd>
  /** How often each planted fault was committed so far. Rejects with TARGET_FAILED when the process is gone. */
  faultLog(): Promise<FaultLog>
  /** Ends the target and everything it started; a second call only waits. */
  stop(): Promise<void>
}

/**
 * Starts the target as a child process and resolves when it takes requests. The child ends with this process.
 * @throws StompedeError as `startTarget` does; TARGET_FAILED with the child's last line when it ended unforeseen.
 */
export async function startTargetProcess(options: TargetOptions): Promise<TargetHandle> {
  const child = fork(ENTRY, [], {
    execArgv: [],
    // A group of its own: Ctrl-C in a terminal must leave the target to a run that drains.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const ended = endOf(child)
  const waiting = new Map<number, (log: FaultLog) => void>()
  let requests = 0
  const ready = new Promise<TargetAddress>((resolve, reject) => {
    child.on('message', (reply: TargetReply) => {
      if (reply.kind === 'ready') resolve(reply.address)
      else if (reply.kind === 'failed') {
        reject(new StompedeError(reply.code, reply.message, { problems: reply.problems }))
      } else {
        waiting.get(reply.id)?.(reply.log)
        waiting.delete(reply.id)
      }
    })
  })
  const gone = (): Promise<never> =>
    ended.then((end) => {
      throw new StompedeError('TARGET_FAILED', `the reference target ${wordsOf(end)}`)
    })
  ask(child, { kind: 'start', options })
  const address = await Promise.race([ready, gone()])

  return {
    ...address,
    pid: child.pid ?? 0,
    ended,
    faultLog() {
      const id = ++requests
      const answer = new Promise<FaultLog>((resolve) => waiting.set(id, resolve))
      ask(child, { kind: 'fault-log', id })
      return Promise.race([answer, gone()])
    },
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

// --- internal ---

/** Beside this file, and with its extension: .ts in a checkout, .js in a published build. */
const ENTRY = fileURLToPath(
  new URL(`process${/\.[jt]s$/.exec(import.meta.url)?.[0] ?? '.js'}`, import.meta.url),
)
const STOP_LIMIT_MS = 15_000

function ask(child: ChildProcess, request: TargetRequest): void {
  // A child that is gone cannot be asked; whoever waits for the answer hears of its end.
  if (child.connected) child.send(request, () => undefined)
}

async function endOf(child: ChildProcess): Promise<TargetEnd> {
  let tail = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-4_096)
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, lastLine: lastLineOf(tail) }
}

/** Of a stack trace, the line with the message: the frames below it help nobody here. */
function lastLineOf(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return (
    lines.findLast((line) => line !== '' && !line.startsWith('at ') && !line.startsWith('Node.js v')) ?? ''
  )
}

function wordsOf({ code, signal, lastLine }: TargetEnd): string {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
  return lastLine === '' ? how : `${how}: ${lastLine}`
}
