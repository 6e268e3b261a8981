import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Tiers from the outside in. A file imports from its own folder and from tiers to the right, never back, never sideways. */
const TIERS: readonly (readonly string[])[] = [
  ['cli.ts'],
  ['commands'],
  ['engine', 'conform', 'report', 'target', 'capacity', 'compare', 'trend', 'resources'],
  ['scenario'],
  ['measure', 'stomp', 'chat', 'statistics'],
  ['clock.ts', 'errors.ts'],
]

/** What crosses the tiers on purpose: the door that scenario files come in by. */
const EXCEPTIONS = new Set(['index.ts → scenario'])

/** Third-party packages and the files that may import them. */
const PACKAGES: Record<string, readonly string[]> = {
  '@hono/node-server': ['target/http-api.ts'],
  '@stomp/stompjs': ['stomp/stompjs.ts'],
  ajv: ['chat/contract-validators.ts', 'scenario/read.ts', 'report/result-shape.ts'],
  amqplib: ['target/amqp-publisher.ts'],
  'hdr-histogram-js': ['measure/histogram.ts'],
  hono: ['target/http-api.ts'],
  jose: ['chat/tokens.ts', 'target/authentication.ts'],
  'json-schema-to-typescript': ['chat/contract/generate-types.ts'],
  'log-update': ['report/terminal/live.ts'],
  pino: ['commands/watch/diary.ts'],
  testcontainers: ['target/rabbitmq-container.ts'],
  undici: ['chat/http-pool.ts'],
  ws: ['stomp/socket.ts', 'target/embedded-broker.ts'],
  yaml: ['chat/contract-files.ts', 'conform/known-failures.ts', 'scenario/read.ts'],
  yargs: ['cli.ts'],
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const sources = files.map((file) => ({ file, text: readFileSync(join('src', file), 'utf8') }))

describe('the architecture', () => {
  it('has imports that point one way: outside in, never sideways', () => {
    const breaches = sources.flatMap(({ file, text }) =>
      localImports(file, text)
        .filter((imported) => !isAllowed(file, imported))
        .map((imported) => `${file} → ${imported}`),
    )
    expect(breaches).toEqual([])
  })

  it('has reports for people, for the terminal and for machines that know nothing of each other', () => {
    const kinds = ['page', 'terminal', 'files', 'telemetry']
    const kindOf = (file: string): string =>
      file.startsWith('report/') ? (file.split('/')[1] as string) : ''
    const breaches = sources.flatMap(({ file, text }) =>
      localImports(file, text)
        .filter((imported) => kinds.includes(kindOf(file)) && kinds.includes(kindOf(imported)))
        .filter((imported) => kindOf(imported) !== kindOf(file))
        .map((imported) => `${file} → ${imported}`),
    )
    expect(breaches).toEqual([])
  })

  it('has parts of commands that know no other command, over parts that all share', () => {
    const shared = ['run', 'watch', 'stored']
    const partOf = (file: string): string => file.split('/').slice(1, -1).join('/')
    const breaches = sources
      .filter(({ file }) => file.startsWith('commands/') && partOf(file) !== '')
      .flatMap(({ file, text }) => {
        const reachable = [partOf(file), ...(shared.includes(partOf(file)) ? [] : shared)]
        return localImports(file, text)
          .filter((imported) => imported.startsWith('commands/') && !reachable.includes(partOf(imported)))
          .map((imported) => `${file} → ${imported}`)
      })
    expect(breaches).toEqual([])
  })

  it('imports each third-party package in the one file that knows it', () => {
    const breaches: string[] = []
    const used = new Set<string>()
    for (const { file, text } of sources) {
      for (const { name, isTypeOnly } of packageImports(text)) {
        used.add(name)
        const places = PACKAGES[name] ?? []
        if (!places.includes(file) && !(isTypeOnly && name === 'yargs'))
          breaches.push(`${file} imports ${name}`)
      }
    }
    expect(breaches).toEqual([])
    expect([...used].toSorted()).toEqual(Object.keys(PACKAGES).toSorted())
  })

  it('gives the reference target nothing of the harness but the codec, the contract and what lies below', () => {
    const breaches = sources
      .filter(({ file }) => file.startsWith('target/'))
      .flatMap(({ file, text }) => localImports(file, text).map((imported) => [file, imported] as const))
      .filter(([, imported]) => /^(measure|scenario|stomp|chat)\//.test(imported))
      .filter(([, imported]) => !/^(stomp\/(frame|heartbeat)|chat\/contract)/.test(imported))
    expect(breaches).toEqual([])
  })

  it('has no file beyond comfort and no drawer', () => {
    const long = sources.filter(
      ({ file, text }) => text.split('\n').length > 430 && !file.endsWith('.gen.ts'),
    )
    expect(long.map(({ file }) => file)).toEqual([])
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|types|constants)\b/.test(file))).toEqual([])
  })
})

function localImports(file: string, text: string): string[] {
  return specifiers(text)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => relative('.', normalize(join(dirname(file), specifier))))
}

function packageImports(text: string): { name: string; isTypeOnly: boolean }[] {
  return specifiers(text)
    .filter(({ specifier }) => !/^(\.|node:|stompede$)/.test(specifier))
    .map(({ specifier, isTypeOnly }) => ({
      name: specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
      isTypeOnly,
    }))
}

function specifiers(text: string): { specifier: string; isTypeOnly: boolean }[] {
  const found = text.matchAll(
    /^\s*(?:import|export)\s(type\s)?[^'"]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gms,
  )
  return [...found].map(([, type, specifier, dynamic]) => ({
    specifier: specifier ?? dynamic ?? '',
    isTypeOnly: type !== undefined,
  }))
}

function isAllowed(from: string, to: string): boolean {
  const [fromFolder, toFolder] = [folderOf(from), folderOf(to)]
  if (fromFolder === toFolder || EXCEPTIONS.has(`${from} → ${toFolder}`)) return true
  return tierOf(fromFolder) < tierOf(toFolder)
}

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] as string) : file
}

function tierOf(folder: string): number {
  const tier = TIERS.findIndex((folders) => folders.includes(folder))
  return tier < 0 ? -1 : tier
}
