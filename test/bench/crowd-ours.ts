/** Our side of the crowd rows: a shard of a run as it is, in a process of its own instead of a thread. */
import { fileURLToPath } from 'node:url'
import { nowUs } from '../../src/clock.ts'
import type { ToShard } from '../../src/engine/protocol.ts'
import { runShard } from '../../src/engine/shard.ts'
import { cpuUs, type CrowdOrder, type CrowdPoint, type FromCrowd, hold, tokensOf } from './crowd.ts'

process.on('message', (order: CrowdOrder) => void bringUp(order))
process.on('disconnect', () => process.exit(0))
tell({ kind: 'ready' })

async function bringUp(order: CrowdOrder): Promise<void> {
  const { apiUrl, users, perSecond, holdS, sourceAddresses } = order
  const points: CrowdPoint[] = []
  let toShard: (message: ToShard) => void = () => {}
  let beganUs = 0
  let beforeUs = 0
  let isUp = false
  await runShard(
    {
      index: 0,
      shards: 1,
      scenarioFile: fileURLToPath(new URL('crowd.scenario.ts', import.meta.url)),
      overrides: { env: { USERS: String(users), PER_SECOND: String(perSecond) }, tags: {} },
      runCode: 'bnch',
      apiUrl,
      driver: 'lean',
      tokens: await tokensOf(order),
      tls: {},
      contractDir: undefined,
      allowedHosts: [],
      sourceAddresses,
      apiConnections: undefined,
      echo: 'expected',
    },
    {
      onMessage: (listener) => (toShard = listener),
      post: (message) => {
        if (message.kind === 'ready') {
          beganUs = nowUs()
          beforeUs = cpuUs()
          toShard({ kind: 'start', startUs: beganUs })
        } else if (message.kind === 'tick' && !isUp) {
          const { counters, users: up, topErrors } = message.tick
          points.push({ atS: (nowUs() - beganUs) / 1e6, users: up, cpuUs: cpuUs() - beforeUs })
          const hasFailed = counters.sessions_failed + counters.contract_violations > 0
          if (up < users && !hasFailed) return
          isUp = true
          const failure = hasFailed ? { failure: JSON.stringify(topErrors) } : {}
          tell({ kind: 'up', points, deliveries: counters.ws_msgs_received, ...failure })
          if (holdS > 0) void hold(holdS).then(tell)
        }
      },
    },
  )
}

function tell(message: FromCrowd): void {
  process.send?.(message)
}
