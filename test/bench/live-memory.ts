/**
 * Loaded into every thread of a process that runs with --expose-gc (`--import`): every five seconds it collects all garbage and
 * writes `live THREAD BYTES`, what the thread's heap then holds with the buffers that belong to it.
 */
import { writeSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

const { gc } = globalThis as { gc?: () => void }
if (gc === undefined) throw new Error('live-memory.ts needs --expose-gc')

setInterval(() => {
  gc()
  const { heapUsed, external } = process.memoryUsage()
  writeSync(1, `live ${threadId} ${heapUsed + external}\n`)
}, 5_000).unref()
