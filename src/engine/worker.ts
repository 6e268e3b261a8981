import { parentPort, workerData } from 'node:worker_threads'
import { reasonOf, StompedeError } from '../errors.ts'
import type { FromShard, ShardOrder, ToShard } from './protocol.ts'
import { runShard } from './shard.ts'

// The shell of a worker thread: the shard's line is the thread's message port.
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread')
const post = (message: FromShard): void => port.postMessage(message)

try {
  await runShard(workerData as ShardOrder, {
    post,
    onMessage: (listener) => void port.on('message', (message: ToShard) => listener(message)),
  })
} catch (error) {
  const known = error instanceof StompedeError
  post({
    kind: 'fault',
    code: known ? error.code : undefined,
    message: reasonOf(error),
    problems: known ? error.problems : [],
    stack: error instanceof Error ? (error.stack ?? '') : '',
  })
}
port.close()
