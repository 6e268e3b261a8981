import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'

/** How long the suite fuzzes; `npm run fuzz` does so for a minute. */
const SECONDS = Number(process.env['STOMPEDE_FUZZ_SECONDS'] ?? 20)

async function fuzz(...args: string[]) {
  const child = spawn(process.execPath, ['test/fuzz/run.ts', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { code: code as number, output }
}

// The fuzz itself is busy; the planted ones mostly end at once.
describe.concurrent('the receive path under fuzz', () => {
  it(
    'breaks no law, hangs in no case and keeps a level heap',
    async () => {
      const { code, output } = await fuzz('--seconds', String(SECONDS))
      expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('heap after each round') })
      const runs = [...output.matchAll(/^\s*(\d+) × /gm)].map(([, count]) => Number(count))
      expect(runs).toHaveLength(4)
      expect(Math.min(...runs)).toBeGreaterThan(SECONDS)
    },
    (SECONDS + 90) * 1000,
  )

  const PLANTS: [plant: string, property: string, words: RegExp][] = [
    ['forgets', '0', /broken: frames \d+ = received/],
    ['throws', '1', /Error: planted/],
    ['split', '2', /FAILED: the same bytes in other pieces/],
    ['leaks', '3', /FAILED: the heap grew by \d+/],
  ]
  for (const [plant, property, words] of PLANTS)
    it(`is found out when it ${plant}`, async () => {
      const seconds = plant === 'leaks' ? '2' : '6'
      const how = ['--seconds', seconds, '--seed', '7', '--property', property, '--plant', plant]
      const { code, output } = await fuzz(...how)
      expect(output).toMatch(words)
      expect(code).toBe(1)
      if (plant !== 'leaks')
        expect(output).toMatch(/smallest input: \{.*\n.*--seed 7 --property \d --path [\d:]+/)
    }, 120_000)

  it('is found out when it hangs, and so is the case', async () => {
    const how = [
      '--seconds',
      '30',
      '--seed',
      '7',
      '--property',
      '1',
      '--plant',
      'hangs',
      '--patience',
      '2000',
    ]
    const { code, output } = await fuzz(...how)
    expect(output).toMatch(/hang: hostile bytes, seed 7, in or after run \d+/)
    expect(code).toBe(1)
  }, 120_000)

  it('is found out when it counts twice, and the case repeats by its seed and path', async () => {
    const failed = await fuzz('--seconds', '6', '--seed', '7', '--property', '3', '--plant', 'twice')
    expect(failed.output).toMatch(/broken: frames \d+ = received/)
    const [, how = ''] = /repeat: node test\/fuzz\/run\.ts (.*)/.exec(failed.output) ?? []
    const again = await fuzz('--seconds', '6', ...how.split(' '), '--plant', 'twice')
    expect(again.code).toBe(1)
    const input = /smallest input: (.*)/
    expect(input.exec(again.output)?.[1]).toBe(input.exec(failed.output)?.[1])
    // The same case is sound where nothing is planted.
    const sound = await fuzz('--seconds', '1', ...how.split(' '))
    expect(sound).toMatchObject({ code: 0, output: expect.stringMatching(/ × deliveries lost/) })
  }, 120_000)
})
