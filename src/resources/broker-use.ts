import type { ResourceUse } from '../measure/capacity.ts'
import type { BrokerState } from './management.ts'

/**
 * Adds what RabbitMQ says of itself to what was seen of processes. A process watched as `broker` is taken for it and gets
 * its shares; else it has a row of its own, without cores, for of its processor time it says nothing. Where a process of
 * another name than `api` is watched, that may be the broker, whose memory is counted then: the row has no memory.
 * `watched` are the names of all that are watched, seen or not.
 */
export function withBroker(
  uses: readonly ResourceUse[],
  told: BrokerState,
  watched: readonly string[],
): ResourceUse[] {
  const { shares } = told
  if (uses.some(({ name }) => name === BROKER))
    return uses.map((use) => (use.name === BROKER ? { ...use, shares: { ...use.shares, ...shares } } : use))
  const mayBeCounted = !watched.includes(BROKER) && watched.some((name) => name !== API)
  const memoryBytes = mayBeCounted ? null : told.memoryBytes
  return [...uses, { name: BROKER, cpuCores: 0, cores: 0, cpuSeconds: 0, memoryBytes, shares }]
}

// --- internal ---

const API = 'api'
const BROKER = 'broker'
