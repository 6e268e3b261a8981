import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fingerprintOf } from '../../compare/likeness.ts'
import { reasonOf } from '../../errors.ts'
import type { MachineNoise } from '../../measure/comparison.ts'
import type { RunResult } from '../../measure/result.ts'
import { writeWhole } from '../../report/files/whole-file.ts'

/** What a noise is of: a machine by its fingerprint, what was run on it, and against what. */
export interface NoiseKey {
  fingerprint: string
  planHash: string
  /** Of the reference target its broker and behaviour; of others host and path. */
  target: string
}

/** The key of the noise of runs of a plan in an environment. */
export function noiseKeyOf(environment: RunResult['environment'], planHash: string): NoiseKey {
  return { fingerprint: fingerprintOf(environment), planHash, target: targetOf(environment.target) }
}

/** The noise that a self-check measured on such a machine with that plan against such a target; null without one. What cannot be read is told. */
export async function readNoise(
  reports: string,
  key: NoiseKey,
  warn: (line: string) => void,
): Promise<MachineNoise | null> {
  const { machines } = await readFileOf(reports, warn)
  return machines[nameOf(key)] ?? null
}

/** Stores a noise beside those of other machines, plans and targets. What goes wrong is told and costs nothing else. */
export async function writeNoise(
  reports: string,
  key: NoiseKey,
  noise: MachineNoise,
  warn: (line: string) => void,
): Promise<void> {
  const { machines } = await readFileOf(reports, warn)
  const file: NoiseFile = {
    schema: SCHEMA,
    schemaVersion: VERSION,
    machines: { ...machines, [nameOf(key)]: noise },
  }
  try {
    await writeWhole(reports, NOISE_FILE, `${JSON.stringify(file, undefined, 2)}\n`)
  } catch (error) {
    warn(`the machine's noise is not kept (${reasonOf(error)})`)
  }
}

// --- internal ---

const NOISE_FILE = 'noise.json'
const SCHEMA = 'stompede.noise'
const VERSION = '1.0.0'

interface NoiseFile {
  schema: typeof SCHEMA
  schemaVersion: string
  /** By fingerprint, hash of the plan and target, with a blank between them. */
  machines: Record<string, MachineNoise>
}

function nameOf({ fingerprint, planHash, target }: NoiseKey): string {
  return `${fingerprint} ${planHash} ${target}`
}

function targetOf({
  isOwn,
  broker,
  faults,
  behaviour,
  apiUrl,
  stompUrl,
}: RunResult['environment']['target']): string {
  // Its port is another one each time.
  if (isOwn) return ['reference', broker, behaviour ?? 'usual', ...faults].join(' ')
  const url = apiUrl ?? stompUrl ?? ''
  if (!URL.canParse(url)) return url
  const { host, pathname } = new URL(url)
  return host + pathname
}

async function readFileOf(reports: string, warn: (line: string) => void): Promise<NoiseFile> {
  const none: NoiseFile = { schema: SCHEMA, schemaVersion: VERSION, machines: {} }
  const path = join(reports, NOISE_FILE)
  try {
    const file = JSON.parse(await readFile(path, 'utf8')) as Partial<NoiseFile> | null
    if (file?.schema !== SCHEMA || file.schemaVersion?.split('.')[0] !== VERSION.split('.')[0])
      throw new Error('it is of another kind or version')
    const entries = Object.entries(file.machines ?? {}).filter(([, noise]) => isNoise(noise))
    return { ...none, machines: Object.fromEntries(entries) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      warn(`${path} is passed over (${reasonOf(error)})`)
    return none
  }
}

function isNoise(value: unknown): value is MachineNoise {
  const { measuredAt, pairs, metrics } = (value ?? {}) as Partial<MachineNoise>
  return (
    typeof measuredAt === 'string' &&
    typeof pairs === 'number' &&
    typeof metrics === 'object' &&
    metrics !== null &&
    Object.values(metrics).every(
      (metric) => typeof metric?.sd === 'number' && typeof metric.leastMargin === 'number',
    )
  )
}
