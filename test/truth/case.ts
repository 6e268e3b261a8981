import type { Finding, Row } from './row.ts'

/** A mistake a program could make: what was measured, changed as if it had made it. */
export interface Mistake<Evidence> {
  name: string
  plant: (evidence: Evidence) => Evidence
}

/** The long form is `npm run truth`, the short one runs with all other tests. */
export interface Forms {
  isLong: boolean
  /** The cases of the short form with the same word run at the same time; undefined for those that are not in it. */
  short?: 'delays' | 'freeze' | 'counts' | 'rates'
}

export interface CaseSpec<Evidence> {
  name: string
  forms: Forms
  /**
   * It compares milliseconds. Another program that takes the processor for some of them is no mistake of the product and
   * does not come at the same place again, so what missed is measured again, three times in all: a mistake comes every
   * time. Counts and verdicts have to be right at once.
   */
  isTimed: boolean
  /** Runs the product and collects what it reports and what is true. */
  measure: () => Promise<Evidence>
  /** Pure: holds one against the other. */
  judge: (evidence: Evidence) => Finding[]
  /** Each must be found out by `judge`. */
  mistakes: readonly Mistake<Evidence>[]
  /**
   * Why this measurement is none, such as a generator that was not on time; undefined when it is one. A refusal is no
   * miss but must not be the last word.
   */
  refusal?: (evidence: Evidence) => string | undefined
}

export interface TruthCase {
  name: string
  forms: Forms
  run: () => Promise<Row[]>
}

/** A case that can be run: measured, judged, and judged again with each mistake planted. */
export function truthCase<Evidence>(spec: CaseSpec<Evidence>): TruthCase {
  return {
    name: spec.name,
    forms: spec.forms,
    async run() {
      for (let attempt = 1; ; attempt++) {
        const evidence = await spec.measure()
        const rows = rowsOf(spec, evidence)
        const isFine = rows.every(({ isOk }) => isOk)
        if (isFine) return [...rows, ...plantedRows(spec, evidence)]
        if (!spec.isTimed || attempt === MOST_ATTEMPTS) return rows
        const missed = rows.filter(({ isOk }) => !isOk)
        const words = missed.map(({ what, reported, limit }) => `${what} ${reported} (${limit})`)
        process.stderr.write(`${spec.name}: once more after ${words.join(', ')}\n`)
      }
    },
  }
}

// --- internal ---

const MOST_ATTEMPTS = 3

function rowsOf<Evidence>(spec: CaseSpec<Evidence>, evidence: Evidence): Row[] {
  const refusal = spec.refusal?.(evidence)
  const findings =
    refusal === undefined
      ? spec.judge(evidence)
      : [{ what: 'is a measurement', truth: 'yes', reported: refusal, limit: 'same', isOk: false }]
  return findings.map((finding) => ({ case: spec.name, ...finding }))
}

function plantedRows<Evidence>(spec: CaseSpec<Evidence>, evidence: Evidence): Row[] {
  return spec.mistakes.map(({ name, plant }) => {
    const missed = spec.judge(plant(evidence)).filter(({ isOk }) => !isOk).length
    return {
      case: spec.name,
      what: `if it were wrong: ${name}`,
      truth: 'found out',
      reported: missed === 0 ? 'not seen' : 'found out',
      limit: 'same',
      isOk: missed > 0,
    }
  })
}
