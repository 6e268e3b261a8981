/**
 * Random walks of three people through the reference target, held to a small model of memberships: a healthy target must
 * do as the model says, and each planted fault of its state must be found and shrunk to a few steps.
 *
 *   node test/conform/model-proof.ts [--runs 300] [--seed N] [--fault NAME]
 *   node test/conform/model-proof.ts --fault NAME --seed N --path P --replay-path R     one walk that failed, again
 */
import fc from 'fast-check'
import { parseArgs } from 'node:util'
import { follow, steps, type Steps } from './membership-model.ts'

/** Faults of what the target remembers, and in how many steps each must show at most. */
const STATE_FAULTS: Readonly<Record<string, number>> = {
  'leave-ignored': 2,
  'join-ignored': 2,
  'typing-non-member': 2,
  'unsubscribe-ignored': 4,
  'unsubscribe-all': 5,
  'rejoin-duplicates': 4,
  'resubscribe-ignored': 4,
  'replays-last': 3,
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    fault: { type: 'string' },
    path: { type: 'string' },
    'replay-path': { type: 'string' },
  },
})

/** Says what was found; true when that is as it should be. */
async function prove(fault: string | undefined, mostSteps: number): Promise<boolean> {
  const startedMs = performance.now()
  const faults = fault === undefined ? [] : [fault]
  const patienceMs = fault === undefined ? 5_000 : 250
  const property = fc.asyncProperty(steps(values['replay-path']), (taken) =>
    follow(taken, faults, patienceMs),
  )
  const { failed, numRuns, seed, counterexamplePath, counterexample, errorInstance } = await fc.check(
    property,
    {
      seed: Number(values.seed),
      numRuns: Number(values.runs),
      ...(values.path === undefined ? {} : { path: values.path }),
    },
  )
  const spent = `${((performance.now() - startedMs) / 1e3).toFixed(1)} s`
  const name = fault ?? 'healthy'
  if (!failed) {
    process.stdout.write(`${name}: ${numRuns} walks as the model says (seed ${seed}, ${spent})\n`)
    return fault === undefined
  }
  const [taken] = counterexample as [Steps]
  const found = [...taken].map(String)
  const replayPath = /replayPath="([^"]*)"/.exec(fc.stringify(taken))?.[1] ?? ''
  process.stdout.write(
    [
      `${name}: found after ${numRuns} walks and shrunk to ${found.length} steps (${spent})`,
      ...found.map((step) => `    ${step}`),
      `    ${(errorInstance as Error).message}`,
      `    again: node test/conform/model-proof.ts ${fault === undefined ? '' : `--fault ${fault} `}--seed ${seed} --path ${counterexamplePath} --replay-path ${replayPath}`,
      '',
    ].join('\n'),
  )
  return fault !== undefined && found.length <= mostSteps
}

const asked = values.fault === undefined ? [undefined, ...Object.keys(STATE_FAULTS)] : [values.fault]
const bad: string[] = []
for (const fault of asked)
  if (!(await prove(fault, STATE_FAULTS[fault ?? ''] ?? 0))) bad.push(fault ?? 'healthy')
process.stdout.write(bad.length === 0 ? 'all as it should be\n' : `not as it should be: ${bad.join(', ')}\n`)
process.exitCode = bad.length === 0 ? 0 : 1
