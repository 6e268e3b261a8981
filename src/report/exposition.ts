import { BOUNDS_SECONDS, type Family, type Labels } from './families.ts'

/** Prometheus' text format 0.0.4, or OpenMetrics 1.0. */
export type TextFormat = 'prometheus' | 'openmetrics'

export const CONTENT_TYPE: Readonly<Record<TextFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/**
 * Metrics as text. The samples of both formats are the same, to the name: whichever a Prometheus asks for, it stores the
 * same series. Families without points are left out.
 */
export function exposition(families: readonly Family[], format: TextFormat): string {
  const lines = families
    .filter(({ points }) => points.length > 0)
    .flatMap((family) => [...HEAD[format](family), ...samplesOf(family)])
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

// --- internal ---

const HEAD: Record<TextFormat, (family: Family) => string[]> = {
  prometheus: ({ name, help, type }) => {
    // 0.0.4 knows the names of samples only, and no info.
    const series = `${name}${SUFFIX[type]}`
    return [
      `# HELP ${series} ${help.replaceAll(/[\\\n]/g, escaped)}`,
      `# TYPE ${series} ${type === 'info' ? 'gauge' : type}`,
    ]
  },
  openmetrics: ({ name, help, type, unit }) => [
    `# TYPE ${name} ${type}`,
    ...(unit === '' ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help.replaceAll(/[\\\n"]/g, escaped)}`,
  ],
}

/** What the one sample of a point adds to the family's name. */
const SUFFIX: Record<Family['type'], string> = {
  counter: '_total',
  gauge: '',
  info: '_info',
  summary: '',
  histogram: '',
}

function samplesOf(family: Family): string[] {
  const { name } = family
  if (family.type === 'summary') {
    return family.points.flatMap(({ labels, count, sum, quantiles }) => [
      ...quantiles.map(([quantile, value]) =>
        sample(name, { ...labels, quantile: floatText(quantile) }, value),
      ),
      sample(`${name}_sum`, labels, sum),
      sample(`${name}_count`, labels, count),
    ])
  }
  if (family.type === 'histogram') {
    return family.points.flatMap(({ labels, count, sum, upTo }) => [
      ...BOUNDS_SECONDS.map((bound, i) =>
        sample(`${name}_bucket`, { ...labels, le: floatText(bound) }, upTo[i] as number),
      ),
      sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
      sample(`${name}_sum`, labels, sum),
      sample(`${name}_count`, labels, count),
    ])
  }
  return family.points.map(({ labels, value }) => sample(name + SUFFIX[family.type], labels, value))
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(
    ([key, text]) => `${key}="${text.replaceAll(/[\\\n"]/g, escaped)}"`,
  )
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${valueText(value)}`
}

/** `1.0`, not `1`: OpenMetrics wants it, and Prometheus would take the two for different series. */
function floatText(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}

function escaped(character: string): string {
  return character === '\n' ? String.raw`\n` : `\\${character}`
}
