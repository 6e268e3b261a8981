import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeValidity } from '../src/engine/validity.ts'
import { EXIT } from '../src/errors.ts'
import { COUNTERS, emptyCounters } from '../src/measure/metrics.ts'
import { readScenario } from '../src/scenario/read.ts'
import schema from '../src/scenario/scenario.schema.json' with { type: 'json' }
import { parseFaults } from '../src/target/faults.ts'
import { stompede } from './commands/cli.ts'

const PAGES = ['README.md', ...readdirSync('docs').map((file) => `docs/${file}`)].filter((file) =>
  file.endsWith('.md'),
)
const textOf = (page: string): string => readFileSync(page, 'utf8')
const metrics = textOf('docs/metrics.md')
const source = (file: string): string => readFileSync(join('src', file), 'utf8')

describe('docs/metrics.md', () => {
  const documented = codeSpans(metrics)

  it('explains every counter in a row of its own', () => {
    expect(COUNTERS.filter((name) => !new RegExp(`^\\| \`${name}\` `, 'm').test(metrics))).toEqual([])
  })

  it('names every latency that is recorded or can be in a threshold, and every labelled counter', () => {
    const gated = /const TRENDS = \[(.*?)\]/s.exec(source('scenario/thresholds.ts'))?.[1] ?? ''
    const names = [...gated.matchAll(/'(\w+)'/g)].map(([, name]) => name as string)
    const recorded = recordedNames()
    expect(names).toContain('message_delivery')
    expect(recorded).toContain('stomp_subscribing')
    expect(recorded).toContain('ws_closes{')
    const lacks = (name: string): boolean => !documented.some((span) => span.startsWith(name))
    expect([...names, ...recorded].filter(lacks)).toEqual([])
  })

  it('explains every validity check', async () => {
    const scenario = await readScenario('scenarios/smoke.ts', { env: {} })
    const { checks } = judgeValidity({
      scenario,
      environment: { cores: 2, workers: 1, target: { isOwn: true } },
      seconds: [],
      counters: emptyCounters(),
      labelled: {},
      trends: {},
      generator: [],
      isDrained: true,
      pendingMessages: 0,
    })
    const rows =
      tables(metrics)
        .find(([head]) => head?.[0] === 'check')
        ?.slice(1) ?? []
    expect(rows.map(([id]) => id)).toEqual(checks.map(({ id }) => `\`${id}\``))
  })

  it('has the exit codes of the code, by number and name', () => {
    const rows = exitTable(metrics).map(([code, name]) => [Number(code), name])
    expect(rows).toEqual(Object.entries(EXIT).map(([name, code]) => [code, `\`${name}\``]))
  })
})

describe('README.md', () => {
  it('has the exit codes of the code', () => {
    expect(exitTable(textOf('README.md')).map(([code]) => Number(code))).toEqual(Object.values(EXIT))
  })
})

describe('docs/scenarios.md', () => {
  it('names every property of the schema', () => {
    const words = new Set(codeSpans(textOf('docs/scenarios.md')).flatMap((span) => span.split(/[^\w$]+/)))
    const properties = [...new Set(propertyNames(schema))]
    expect(properties).toContain('ratePerUser')
    expect(properties.filter((name) => !words.has(name))).toEqual([])
  })
})

describe('docs/troubleshooting.md', () => {
  it('explains every class of close', () => {
    const union =
      /export type CloseClass =\s((?:\s+\| '[\w-]+'\s)+)/.exec(source('stomp/client.ts'))?.[1] ?? ''
    const classes = [...union.matchAll(/'([\w-]+)'/g)].map(([, name]) => `\`${name}\``)
    const rows = tables(textOf('docs/troubleshooting.md')).find(([head]) => head?.[0] === 'class') ?? []
    expect(classes.length).toBeGreaterThan(5)
    expect(rows.slice(1).map(([name]) => name)).toEqual(classes)
  })
})

describe('the scenarios of the documentation', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stompede-docs-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  const examples = PAGES.flatMap((page) =>
    fences(textOf(page))
      .filter(({ info }) => /^(yaml|ts|json) scenario$/.test(info))
      .map(({ info, body }, i) => ({ page, i, extension: info.split(' ')[0] as string, body })),
  )

  it('are there', () => {
    expect(examples.filter(({ extension }) => extension === 'ts').length).toBeGreaterThan(1)
    expect(examples.filter(({ extension }) => extension === 'yaml').length).toBeGreaterThan(1)
  })

  it.each(examples)('are valid: number $i of $page ($extension)', async ({ page, i, extension, body }) => {
    const file = join(directory, `${page.replaceAll(/\W/g, '-')}-${i}.${extension}`)
    writeFileSync(file, body)
    const scenario = await readScenario(file, { env: {} })
    expect(scenario.userCount).toBeGreaterThan(0)
    expect(scenario.activities.length).toBeGreaterThan(0)
  })
})

describe('the command lines of the documentation', () => {
  const lines = PAGES.flatMap((page) => commandLines(textOf(page)).map((words) => ({ page, words })))
  let flagsOf: Map<string, ReadonlySet<string>>
  const examplesOf = new Map<string, string[]>()
  beforeAll(async () => {
    const { stdout } = await stompede(['--help'])
    const names = [...stdout.matchAll(/^ {2}stompede (\w+)/gm)].map(([, name]) => name as string)
    const flags = names.map(async (name): Promise<[string, ReadonlySet<string>]> => {
      const help = (await stompede([name, '--help'])).stdout
      const examples = help.split('\nExamples:\n')[1] ?? ''
      examplesOf.set(
        name,
        [...examples.matchAll(/^ {2}stompede (.*?)(?: {2}|$)/gm)].map(([, words]) => words as string),
      )
      return [name, flagsIn(help)]
    })
    flagsOf = new Map(await Promise.all(flags))
  })

  it('are found, and so are the commands and flags they may use', () => {
    expect(lines.length).toBeGreaterThan(5)
    expect(flagsOf.get('run')).toContain('--users')
    expect(flagsOf.get('run')).toContain('-u')
    expect(flagsOf.get('target')).not.toContain('--workers')
  })

  it('name commands and flags that exist', () => {
    expect(
      lines.flatMap(({ page, words }) => faultsOf(words, flagsOf).map((fault) => `${page}: ${fault}`)),
    ).toEqual([])
  })

  it('are in the help of every command, and name what exists', () => {
    const empty = [...examplesOf].filter(([, examples]) => examples.length === 0)
    expect(empty).toEqual([])
    const words = [...examplesOf.values()].flat().map((line) => line.replaceAll('"', '').split(/\s+/))
    expect(words.length).toBeGreaterThan(15)
    expect(words.flatMap((line) => faultsOf(line, flagsOf))).toEqual([])
  })

  it('would be refused if they did not', () => {
    const wrong =
      'before\n```sh\nnpx stompede runn x.ts\nstompede run scenarios/none.ts -u 5 \\\n  --userz=6 # no\n```\n'
    expect(commandLines(wrong).flatMap((words) => faultsOf(words, flagsOf))).toEqual([
      'no command runn',
      'run has no --userz',
      'no file scenarios/none.ts',
    ])
    expect(faultsOf(['run', '--fault', 'los:1/2'], flagsOf)[0]).toMatch(/cannot plant the faults/)
  })
})

describe('the paths of the documentation', () => {
  it.each(PAGES)('are there: %s', (page) => {
    const text = textOf(page)
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#[^)\s]*)?\)/g)].map(
      ([, to]) => to as string,
    )
    const linked = links.filter((to) => to !== '').map((to) => normalize(join(dirname(page), to)))
    const named = codeSpans(text).filter((span) => /^(src|test|scenarios|docs)\/[\w./-]+$/.test(span))
    expect([...linked, ...named].filter((path) => !existsSync(path))).toEqual([])
  })
})

/** Code spans outside fences. */
function codeSpans(text: string): string[] {
  const prose = text.replaceAll(/^```.*?^```$/gms, '')
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span as string)
}

function fences(text: string): { info: string; body: string }[] {
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info = '', body = '']) => ({ info, body }))
}

/** The tables of a page as rows of cells, the dashes under the head left out. */
function tables(text: string): string[][][] {
  return [...text.matchAll(/(?:^\|.*\|\n)+/gm)].map(([table]) =>
    table
      .trim()
      .split('\n')
      .filter((row) => !/^\|[\s|:-]+$/.test(row))
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  )
}

function exitTable(text: string): string[][] {
  const found = tables(text).filter(([, first]) => /^\d+$/.test(first?.[0] ?? '') && first?.[0] === '0')
  expect(found).toHaveLength(1)
  return found[0]?.slice(1) ?? []
}

/** The names under which the code records latencies, and labelled counters up to their brace. */
function recordedNames(): string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  return files.flatMap((file) => [
    ...[...source(file).matchAll(/\btrend\(\s*['`](\w+)/g)].map(([, name]) => name as string),
    ...[...source(file).matchAll(/\bcount\(\s*['`](\w+\{)/g)].map(([, name]) => name as string),
  ])
}

/** The names of all properties a JSON Schema knows, at any depth. */
function propertyNames(part: unknown): string[] {
  if (part === null || typeof part !== 'object') return []
  return Object.entries(part).flatMap(([key, value]) => [
    ...(key === 'properties' ? Object.keys(value as object) : []),
    ...propertyNames(value),
  ])
}

/** Every `stompede …` of the shell fences and code spans, as the words after `stompede`; placeholders are left out. */
function commandLines(text: string): string[][] {
  const shell = fences(text)
    .filter(({ info }) => /^(sh|bash|shell|console)$/.test(info))
    .flatMap(({ body }) => body.replaceAll(/\\\n\s*/g, ' ').split('\n'))
  return [...shell, ...codeSpans(text)].flatMap((line) => {
    const command =
      /^(?:\$ )?(?:\w+=\S+ )*(?:(?:npx )?stompede|node src\/stompede\.js) (?<words>[^#|&;>]*)/.exec(
        line.replaceAll(/<\w+>/g, 'PLACEHOLDER'),
      )?.groups?.['words']
    const words = command?.trim().split(/\s+/) ?? []
    return words[0] === undefined || words[0] === 'PLACEHOLDER' || words[0].startsWith('-') ? [] : [words]
  })
}

function flagsIn(help: string): Set<string> {
  const options = help.split('\nExamples:')[0] ?? ''
  const rows = options.matchAll(/^ {2,}(?:(-\w), )? *(--[\w-]+) /gm)
  // A flag of one letter is shown with one dash, and taken with two.
  const letters = options.matchAll(/^ {2,}(-\w) {2,}/gm)
  return new Set([
    ...[...rows].flatMap(([, short, long]) => (short === undefined ? [] : [short]).concat(long as string)),
    ...[...letters].flatMap(([, letter = '']) => [letter, `-${letter}`]),
  ])
}

/** What is wrong with a command line: its command, its flags, the shipped files and faults it names. */
function faultsOf(
  [command = '', ...rest]: readonly string[],
  flagsOf: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const flags = flagsOf.get(command)
  if (flags === undefined) return [`no command ${command}`]
  const used = rest.filter((word) => /^-{1,2}[a-z]/.test(word)).map((word) => word.split('=')[0] as string)
  const planted = rest.filter((_, i) => rest[i - 1] === '--fault')
  return [
    ...used.filter((flag) => !flags.has(flag)).map((flag) => `${command} has no ${flag}`),
    ...rest
      .filter((word) => /^scenarios\/\S+$/.test(word) && !existsSync(word))
      .map((file) => `no file ${file}`),
    ...planted.flatMap((fault) => {
      try {
        parseFaults([fault], 'embedded')
        return []
      } catch (error) {
        return [String(error)]
      }
    }),
  ]
}
