import { reasonOf, StompedeError, type ErrorCode } from '../errors.ts'
import type { FaultLog } from './faults.ts'
import { startTarget, type Target, type TargetAddress, type TargetOptions } from './server.ts'

// The reference target in a process of its own: started by spawn.ts, spoken to over the IPC channel. It ends when it
// is told to (SIGTERM, SIGINT) and when the channel closes, which the end of its parent does too, however that came.

/** What the parent asks. */
export type TargetRequest = { kind: 'start'; options: TargetOptions } | { kind: 'fault-log'; id: number }

/** What the target answers. */
export type TargetReply =
  | { kind: 'ready'; address: TargetAddress }
  | { kind: 'failed'; code: ErrorCode; message: string; problems: readonly string[] }
  | { kind: 'fault-log'; id: number; log: FaultLog }

// --- internal ---

let starting: Promise<Target | undefined> | undefined
let isStopping = false

function reply(message: TargetReply): Promise<void> {
  return new Promise((resolve) => {
    // A parent that is gone hears nothing; 'disconnect' ends us.
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, undefined, {}, () => resolve())
  })
}

function report(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}

async function start(options: TargetOptions): Promise<Target | undefined> {
  try {
    const target = await startTarget(options, report)
    await reply({ kind: 'ready', address: target.address })
    return target
  } catch (error: unknown) {
    if (error instanceof StompedeError) {
      await reply({ kind: 'failed', code: error.code, message: error.message, problems: error.problems })
    } else {
      report(error)
      await reply({ kind: 'failed', code: 'TARGET_FAILED', message: reasonOf(error), problems: [] })
    }
    return process.exit(1)
  }
}

async function stop(): Promise<void> {
  if (isStopping) return
  isStopping = true
  // A broker that is only just starting is waited for: what cannot be named yet cannot be stopped.
  const target = await starting
  await target?.close()
  process.exit(0)
}

process.on('message', (request: TargetRequest) => {
  if (request.kind === 'start') starting = start(request.options)
  else {
    const { id } = request
    void starting?.then((target) => reply({ kind: 'fault-log', id, log: target?.faultLog() ?? {} }))
  }
})
for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, () => void stop())
