import type { IndexLine } from '../../src/trend/index-line.ts'

/** A run of a healthy commit on one machine, with what a test wants otherwise. */
export function line(over: Partial<IndexLine> & { directory: string }): IndexLine {
  return {
    v: 1,
    kind: 'run',
    startedAt: '2026-11-01T10:00:00.000Z',
    scenario: 'steady',
    planHash: '5f0c9a7e21b4d836',
    users: 1000,
    commit: null,
    leftOut: null,
    environment: ENVIRONMENT,
    figures: { last_delivery_p99: 100, deliveries_per_second: 250 },
    atLeast: [],
    ...over,
  }
}

export const ENVIRONMENT: NonNullable<IndexLine['environment']> = {
  stompede: '0.1.0',
  node: 'v24.21.0',
  os: 'Linux 6.1.0',
  cpu: 'Example CPU',
  cores: 2,
  memoryBytes: 16 * 2 ** 30,
  workers: 1,
  driver: 'lean',
  flavour: 'web',
  target: {
    apiUrl: 'http://127.0.0.1:43117/',
    stompUrl: null,
    isOwn: true,
    broker: 'RabbitMQ/3.10.8',
    faults: [],
    behaviour: null,
  },
}

/** The moment of the n-th day. */
export function day(n: number, hour = 10): string {
  return new Date(Date.UTC(2026, 0, 1 + n, hour)).toISOString()
}

/** A whole commit's name from a number. */
export function commit(n: number): string {
  return ((n + 1) * 2_654_435_761).toString(16).padEnd(40, '7')
}
