/** A broken rule of the contract or of the chat: counted always, with the first few offending payloads. */
export interface Finding {
  kind: 'violation' | 'drift'
  rule: string
  path: string
  detail: string
  count: number
  examples: FindingExample[]
}

export interface FindingExample {
  /** ms after the run's start. */
  atMs: number
  /** The destination or call it came from. */
  where: string
  /** The payload, cut to a length a report can show. */
  payload: string
}

/** Something that failed: a call, a connection, an activity. `class` is stable, `example` is the first one's words. */
export interface ErrorCount {
  class: string
  count: number
  firstAtMs: number
  example: string
}

const EXAMPLES_KEPT = 3
const PAYLOAD_KEPT = 2_000
/** A target that breaks every rule in its own way must not fill the memory: beyond so many kinds only totals grow. */
const KINDS_KEPT = 500

/** What a shard found wrong, by rule and by class; mergeable. */
export class Findings {
  private readonly byRule = new Map<string, Finding>()
  private readonly byClass = new Map<string, ErrorCount>()
  /** What `takeNew` has handed out of each entry. */
  private readonly taken = new Map<Finding | ErrorCount, { count: number; examples: number }>()

  find(
    issue: Pick<Finding, 'kind' | 'rule' | 'path' | 'detail'>,
    where: string,
    payload: string,
    atMs: number,
  ): void {
    const finding = this.ruleOf(issue)
    if (finding === undefined) return
    finding.count++
    if (finding.examples.length < EXAMPLES_KEPT) {
      const kept = payload.length > PAYLOAD_KEPT ? `${payload.slice(0, PAYLOAD_KEPT)}…` : payload
      finding.examples.push({ atMs: Math.round(atMs), where, payload: kept })
    }
  }

  error(errorClass: string, example: string, atMs: number): void {
    const known = this.byClass.get(errorClass)
    if (known !== undefined) known.count++
    else if (this.byClass.size < KINDS_KEPT) {
      this.byClass.set(errorClass, {
        class: errorClass,
        count: 1,
        firstAtMs: Math.round(atMs),
        example: example.slice(0, 500),
      })
    }
  }

  encode(): EncodedFindings {
    return { rules: [...this.byRule.values()], errors: [...this.byClass.values()] }
  }

  /** What came since the last call. Added up, the parts are what `encode` would have returned at the last of them. */
  takeNew(): EncodedFindings {
    const rules: Finding[] = []
    const errors: ErrorCount[] = []
    for (const finding of this.byRule.values()) {
      const { count, examples } = this.take(finding, finding.count, finding.examples.length)
      if (finding.count > count)
        rules.push({ ...finding, count: finding.count - count, examples: finding.examples.slice(examples) })
    }
    for (const error of this.byClass.values()) {
      const { count } = this.take(error, error.count, 0)
      if (error.count > count) errors.push({ ...error, count: error.count - count })
    }
    return { rules, errors }
  }

  /** Adds another shard's findings. */
  add(part: EncodedFindings): void {
    for (const finding of part.rules) {
      const mine = this.ruleOf(finding)
      if (mine === undefined) continue
      mine.count += finding.count
      mine.examples = [...mine.examples, ...finding.examples]
        .toSorted((a, b) => a.atMs - b.atMs)
        .slice(0, EXAMPLES_KEPT)
    }
    for (const error of part.errors) {
      const mine = this.byClass.get(error.class)
      if (mine === undefined) this.byClass.set(error.class, { ...error })
      else {
        mine.count += error.count
        if (error.firstAtMs < mine.firstAtMs) {
          mine.firstAtMs = error.firstAtMs
          mine.example = error.example
        }
      }
    }
  }

  /** The classes seen most, for a live display. */
  topErrors(count: number): ErrorCount[] {
    return [...this.byClass.values()].toSorted((a, b) => b.count - a.count).slice(0, count)
  }

  private take(
    entry: Finding | ErrorCount,
    count: number,
    examples: number,
  ): { count: number; examples: number } {
    const before = this.taken.get(entry) ?? { count: 0, examples: 0 }
    if (count > before.count) this.taken.set(entry, { count, examples })
    return before
  }

  private ruleOf({
    kind,
    rule,
    path,
    detail,
  }: Pick<Finding, 'kind' | 'rule' | 'path' | 'detail'>): Finding | undefined {
    const key = `${kind} ${rule} ${path}`
    const known = this.byRule.get(key)
    if (known !== undefined || this.byRule.size >= KINDS_KEPT) return known
    const finding: Finding = { kind, rule, path, detail, count: 0, examples: [] }
    this.byRule.set(key, finding)
    return finding
  }
}

export interface EncodedFindings {
  rules: Finding[]
  errors: ErrorCount[]
}
