import { describe, expect, it } from 'vitest'
import { createFaultPlan, FAULTS, listFaults, parseFaults } from '../../src/target/faults.ts'
import { StompedeError } from '../../src/errors.ts'

function problemsOf(texts: string[], broker: 'embedded' | 'rabbitmq' = 'embedded'): readonly string[] {
  try {
    parseFaults(texts, broker)
  } catch (error) {
    if (error instanceof StompedeError && error.code === 'USAGE') return error.problems
    throw error
  }
  return []
}

describe('fault settings', () => {
  it('are a name, hitting each candidate, or a name with 1/N', () => {
    expect(parseFaults(['loss', 'swap:1', 'leak:1/50'], 'embedded')).toEqual([
      { name: 'loss', every: 1 },
      { name: 'swap', every: 1 },
      { name: 'leak', every: 50 },
    ])
  })

  it('are refused together, each with its reason', () => {
    expect(problemsOf(['lose', 'swap:2/3', 'leak:1/0', 'loss:', 'loss', 'loss:1/2'])).toEqual([
      expect.stringMatching(/^unknown fault "lose"; there are loss, lose-first, /),
      '"swap:2/3" must be NAME or NAME:1/N',
      '"leak:1/0" must be NAME or NAME:1/N',
      '"loss:" must be NAME or NAME:1/N',
      'loss is given twice',
    ])
    expect(problemsOf(['constructor'])).toEqual([expect.stringMatching(/^unknown fault "constructor"/)])
  })

  it('of the embedded broker are refused with RabbitMQ', () => {
    expect(problemsOf(['loss', 'no-receipt'], 'rabbitmq')).toEqual([
      'no-receipt is a fault of the embedded broker; it cannot be planted in RabbitMQ',
    ])
  })
})

describe('a planned fault', () => {
  it('hits the N-th candidate, the 2N-th and so on', () => {
    const { loss } = createFaultPlan([{ name: 'loss', every: 3 }]).switches
    expect(Array.from({ length: 7 }, () => loss?.isDue())).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
      false,
    ])
  })

  it('passes to the next candidate when it was missed', () => {
    const { leak } = createFaultPlan([{ name: 'leak', every: 3 }]).switches
    leak?.isDue()
    leak?.isDue()
    expect(leak?.isDue()).toBe(true)
    leak?.missed()
    expect([leak?.isDue(), leak?.isDue(), leak?.isDue()]).toEqual([true, false, true])
  })

  it('counts only what was carried out, and keeps the first 100 details', () => {
    const plan = createFaultPlan([
      { name: 'loss', every: 1 },
      { name: 'swap', every: 1 },
    ])
    for (let id = 1; id <= 150; id++)
      if (plan.switches.loss?.isDue() === true) plan.switches.loss.planted({ id })
    plan.switches.swap?.isDue()
    plan.switches.swap?.missed()
    const { loss, swap } = plan.log()
    expect([loss?.count, loss?.details.length, loss?.details[99]]).toEqual([150, 100, { id: 100 }])
    expect(swap).toEqual({ count: 0, details: [] })
  })
})

describe('the list of faults', () => {
  it('has a line for each, which says what is counted and what happens', () => {
    const lines = listFaults().split('\n')
    expect(lines).toHaveLength(Object.keys(FAULTS).length)
    expect(lines[0]).toMatch(/^loss +each new_message reaches nobody/)
    expect(lines.find((line) => line.startsWith('no-receipt'))).toMatch(/\(embedded broker only\)$/)
  })
})
