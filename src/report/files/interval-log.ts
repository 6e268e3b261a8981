import type { RunResult } from '../../measure/result.ts'

/**
 * The run's latencies over time in the HdrHistogram log format 1.3, as its plotters and readers want it: a line a metric
 * and interval, tagged with the metric, at 2 digits. Values are µs; `Interval_Max` is ms, as is custom.
 */
export function intervalLog({ run, timeline, intervals }: RunResult): string {
  const startS = Date.parse(run.startedAt) / 1e3
  const lastSecond = timeline.columns['second']?.at(-1) ?? 0
  const { stepSeconds, series } = intervals
  const lines = [
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${startS.toFixed(3)} (seconds since epoch), ${run.startedAt}]`,
    `#[BaseTime: ${startS.toFixed(3)} (seconds since epoch)]`,
    '#[Values are in microseconds, Interval_Max is in milliseconds]',
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ]
  const columns = Object.entries(series)
  for (let fromS = 0; fromS < lastSecond; fromS += stepSeconds) {
    const lengthS = Math.min(stepSeconds, lastSecond - fromS)
    for (const [metric, histograms] of columns) {
      const histogram = histograms[fromS / stepSeconds]
      if (histogram === undefined || histogram === null) continue
      const max = (histogram.maxUs / 1e3).toFixed(3)
      lines.push(`Tag=${tagOf(metric)},${fromS.toFixed(3)},${lengthS.toFixed(3)},${max},${histogram.hdr}`)
    }
  }
  return `${lines.join('\n')}\n`
}

// --- internal ---

/** Commas and white space end a field of the format. */
function tagOf(metric: string): string {
  return metric.replaceAll(/[\s,]/g, '_')
}
