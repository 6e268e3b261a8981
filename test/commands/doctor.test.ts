import { describe, expect, it } from 'vitest'
import { apiConnections, machineFindings } from '../../src/commands/run/machine.ts'
import { parseSourceAddresses } from '../../src/commands/run/source-addresses.ts'
import { stompede } from './cli.ts'

describe.concurrent('stompede doctor', () => {
  it('walks the whole way on a healthy machine, one message through', async () => {
    const { code, stdout } = await stompede(['doctor', '-u', '10'])
    expect(stdout).toMatch(/✓ Node\s+v\d+/)
    for (const step of ['api', 'token', 'broker', 'subscription', 'message'])
      expect(stdout).toMatch(new RegExp(`✓ ${step} `))
    expect(stdout).toMatch(/one message came through room 1 in \d+ ms/)
    expect(stdout).toMatch(/Ready\./)
    expect(code).toBe(0)
  })

  it('names the first step that fails and exits with 14', async () => {
    const { code, stdout } = await stompede(['doctor', '--fault', 'no-receipt'])
    expect(stdout).toMatch(/✓ broker /)
    expect(stdout).toMatch(/✗ subscription /)
    expect(stdout).not.toMatch(/✓ message /)
    expect(stdout).toMatch(/Not ready: subscription\./)
    expect(code).toBe(14)
  }, 40_000)

  it('notices that a message does not come through', async () => {
    const { code, stdout } = await stompede(['doctor', '--fault', 'loss'])
    expect(stdout).toMatch(/✗ message\s+nothing arrived within/)
    expect(code).toBe(14)
  }, 40_000)

  it('says which command raises what a large run lacks', () => {
    const faults = machineFindings(10_000_000).filter(({ state }) => state === 'fault')
    expect(faults.map(({ name }) => name)).toEqual(expect.arrayContaining(['descriptors', 'ports']))
    expect(faults.find(({ name }) => name === 'descriptors')?.detail).toMatch(
      /10002304 needed: ulimit -n 10002304/,
    )
    expect(faults.find(({ name }) => name === 'ports')?.detail).toMatch(
      /--source-addresses 127\.0\.0\.2-127\.0\.0\.\d+/,
    )
    expect(machineFindings(1).filter(({ state }) => state === 'fault')).toEqual([])
    // Each of four workers has its own connections to the API.
    const shared = machineFindings(10_000_000, 1, 4).find(({ name }) => name === 'descriptors')?.detail
    expect(shared).toMatch(/10008448 needed/)
  })

  it.each([
    ['as many as the client ever takes', 1_000, 1, 20_000, 2_048],
    ['what the sockets leave', 19_000, 1, 20_000, 744],
    ['shared by the workers', 19_000, 3, 20_000, 248],
    ['and never too few to work with', 20_000, 1, 20_000, 64],
  ])('gives the API connections: %s', (_, users, workers, limit, connections) => {
    expect(apiConnections(users, workers, limit)).toBe(connections)
  })
})

describe('--source-addresses', () => {
  it('takes lists and ranges', () => {
    expect(parseSourceAddresses('127.0.0.2-127.0.0.4,127.0.1.255-127.0.2.0, ::1')).toEqual([
      '127.0.0.2',
      '127.0.0.3',
      '127.0.0.4',
      '127.0.1.255',
      '127.0.2.0',
      '::1',
    ])
    expect(parseSourceAddresses(undefined)).toEqual([])
  })

  it.each(['127.0.0.9-127.0.0.2', 'localhost', '127.0.0.1-', '1.2.3', '127.0.0.0-128.0.0.0', ''])(
    'refuses %j',
    (text) => {
      expect(() => parseSourceAddresses(text)).toThrow(/is not an address or a range/)
    },
  )
})
