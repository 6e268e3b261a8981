import type { RunResult } from '../../measure/result.ts'

/**
 * The run as lines of JSON, each with its `type`: `run`, a `second` each with the columns of the timeline, a `latency` each, a
 * `threshold` each, `verdict`. For `jq` and log collectors; `result.json` has everything.
 */
export function ndjsonText(result: RunResult): string {
  const {
    run,
    plan,
    environment,
    timeline,
    trends,
    thresholds,
    verdict,
    validity,
    counters,
    labelled,
    ledger,
  } = result
  const { examples: _examples, ...books } = ledger
  const { command: _command, ...header } = run
  const columns = Object.entries(timeline.columns)
  const lines: object[] = [
    { type: 'run', schemaVersion: result.schemaVersion, run: header, plan, environment },
    ...(timeline.columns['second'] ?? []).map((_, i) => ({
      type: 'second',
      ...Object.fromEntries(columns.map(([name, values]) => [name, values[i] ?? null])),
    })),
    ...Object.entries(trends).map(([metric, { histogram: _histogram, ...figures }]) => ({
      type: 'latency',
      metric,
      ...figures,
    })),
    ...thresholds.map((row) => ({ type: 'threshold', ...row })),
    { type: 'verdict', ...verdict, validity, counters, labelled, ledger: books },
  ]
  // These two end a line for some readers, though not for JSON.
  return lines
    .map(
      (line) =>
        `${JSON.stringify(line)
          .replaceAll('\u2028', String.raw`\u2028`)
          .replaceAll('\u2029', String.raw`\u2029`)}\n`,
    )
    .join('')
}
