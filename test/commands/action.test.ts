import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { compareCommand } from '../../src/commands/compare.ts'
import type { CompareFlags } from '../../src/commands/compare/flags.ts'
import { initFiles } from '../../src/commands/init/files.ts'
import { runCommand } from './in-process.ts'

interface Step {
  name: string
  id?: string
  if?: string
  uses?: string
  with?: Record<string, string>
  shell?: string
  run?: string
  env?: Record<string, string>
}

const action = parse(readFileSync('action.yml', 'utf8')) as {
  inputs: Record<string, { description: string; default: string }>
  outputs: Record<string, { value: string }>
  runs: { using: string; steps: Step[] }
}
const { steps } = action.runs
const scripts = steps.filter(({ run }) => run !== undefined)

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stompede-action-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('action.yml', () => {
  it('is a composite action whose inputs are all described, defaulted and used', () => {
    expect(action.runs.using).toBe('composite')
    const text = JSON.stringify(action.runs)
    for (const [name, { description, default: value }] of Object.entries(action.inputs)) {
      expect(description, name).toMatch(/\S/)
      expect(value, name).toBeTypeOf('string')
      expect(text, name).toContain(`inputs.${name} `)
    }
    const used = [...JSON.stringify(action).matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name as string)
    expect(used.filter((name) => !(name in action.inputs))).toEqual([])
    expect(steps.flatMap(({ uses }) => uses ?? [])).toEqual([
      'actions/setup-node@v4',
      'actions/upload-artifact@v4',
    ])
  })

  it('has scripts that parse, name their shell, and hold no expression that an input could turn into code', () => {
    expect(scripts).toHaveLength(3)
    for (const { shell, run = '' } of scripts) {
      expect(shell).toBe('bash')
      expect(run).not.toContain('${{')
      expect(spawnSync('bash', ['-n', '-c', run]).status).toBe(0)
    }
    expect(spawnSync('bash', ['-n', '-c', 'if true; then']).status).not.toBe(0)
  })

  it('installs what the lock file of the action says, where the action is', () => {
    writeFileSync(join(directory, 'npm'), '#!/bin/sh\necho "$PWD: npm $*"\n', { mode: 0o755 })
    const { status, stdout } = script('Install Stompede', {
      PATH: `${directory}:${process.env['PATH'] ?? ''}`,
    })
    expect(stdout).toBe(`${resolve('.')}: npm ci --omit=dev --ignore-scripts --no-audit --no-fund\n`)
    expect(status).toBe(0)
  })

  it('asks the rules it is told to, and leaves the summary to the gate', () => {
    const { stdout, outputs, summary } = stompedeStep({
      command: 'conform',
      rules: 'HTTP-AUTH-01',
      strict: 'true',
      profile: 'strict',
    })
    expect(stdout).toMatch(/✔ CONFORMANT {3}1 of \d+ rules/)
    expect(outputs['exit-code']).toBe('0')
    const [run = ''] = readdirSync(join(directory, 'stompede-reports'))
    expect(existsSync(join(directory, 'stompede-reports', run, 'junit.xml'))).toBe(true)
    expect(summary).toMatch(/^\n## ✅ /)
    expect(summary).not.toContain('Stompede conform: exit code')
  }, 60_000)

  it('runs nothing that stands in an input, and shows no secret', () => {
    const { stdout, outputs, summary } = stompedeStep({
      command: 'run',
      scenario: '$(touch injected).yaml',
      target: '`touch injected`; touch injected',
      'allow-target': '"; touch injected #',
      arguments: '* $(touch injected)',
      'jwt-secret': 'test-only-secret',
    })
    expect(existsSync(join(directory, 'injected'))).toBe(false)
    expect(outputs['exit-code']).not.toBe('0')
    expect(stdout).toMatch(/^stompede: /m)
    expect(summary).toMatch(/^## Stompede run: exit code \d+\n\n {4}stompede: /)
    expect(stdout + summary).not.toContain('test-only-secret')
  })

  it('hands capacity its scenario and flags, and asks for a summary', () => {
    expect(
      wordsOf({
        command: 'capacity',
        target: 'http://chat.test',
        arguments: '--slo message_delivery:p(99)<250 --budget 20m',
      }),
    ).toEqual(
      [
        ['capacity', 'stompede/scenario.yaml', '--out', 'html', '--out', 'github'],
        ['--target', 'http://chat.test', '--reports', 'stompede-reports'],
        ['--slo', 'message_delivery:p(99)<250', '--budget', '20m'],
      ].flat(),
    )
  })

  it('hands compare both start commands whole, with their blanks and quotes', async () => {
    const flags = await compareFlags({
      command: 'compare',
      scenario: 'stompede/gate.yaml',
      a: `./stompede/start.sh "$RUNNER_TEMP/it's base"`,
      b: './stompede/start.sh .',
      target: 'http://127.0.0.1:3000/chat-ws',
      arguments: '--budget 60m --margin p99=10%',
    })
    expect(flags).toMatchObject({
      what: ['stompede/gate.yaml'],
      a: `./stompede/start.sh "$RUNNER_TEMP/it's base"`,
      b: './stompede/start.sh .',
      target: 'http://127.0.0.1:3000/chat-ws',
      budget: '60m',
      margin: ['p99=10%'],
      out: ['html', 'github'],
      reports: 'stompede-reports',
    })
  })

  it('lets compare hold a build against itself, and stored results against others', async () => {
    const itself = await compareFlags({ command: 'compare', a: './start.sh .', arguments: '--self-check' })
    expect(itself).toMatchObject({ what: ['stompede/scenario.yaml'], a: './start.sh .', 'self-check': true })
    // It is refused beside what says that B is another.
    expect([itself.ab, itself.b]).toEqual([false, undefined])
    const stored = {
      command: 'compare',
      scenario: '',
      arguments: '--baseline v1.4 --with reports/x reports/y',
    }
    expect(await compareFlags(stored)).toMatchObject({
      what: [],
      baseline: 'v1.4',
      with: ['reports/x', 'reports/y'],
    })
    const others = { command: 'compare', scenario: '', arguments: 'reports/w --with reports/x' }
    expect(await compareFlags(others)).toMatchObject({ what: ['reports/w'], with: ['reports/x'] })
  })

  it('refuses a command that is none', () => {
    const { status, stdout, outputs } = stompedeStep({ command: 'target' })
    expect(stdout).toBe('::error title=Stompede::command must be conform, run, capacity or compare\n')
    expect([status, outputs['exit-code']]).toEqual([0, '2'])
  })

  it('uploads before it tells the verdict, which is the exit code, and a failure where there is none', () => {
    expect(steps.map(({ name }) => name).slice(-2)).toEqual(['Upload the reports', 'Verdict'])
    expect(steps.at(-2)?.if).toMatch(/^\$\{\{ always\(\) && /)
    for (const [exitCode, status] of [
      ['0', 0],
      ['10', 10],
      ['13', 13],
      ['', 1],
    ] as const)
      expect(script('Verdict', { EXIT_CODE: exitCode }).status).toBe(status)
  })
})

describe('docs/ci.md', () => {
  const page = readFileSync('docs/ci.md', 'utf8')
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(
    ([, body]) => parse(body as string) as unknown,
  )

  it('has examples that parse, and uses of the action with inputs that exist', () => {
    const uses = nodesOf(examples).filter(({ uses: name }) =>
      String(name).startsWith('your-organization/stompede@'),
    )
    expect(uses).toHaveLength(2)
    for (const { with: given } of uses) {
      expect(Object.keys(given as object).filter((name) => !(name in action.inputs))).toEqual([])
    }
  })

  it('lists the inputs and outputs of the action, with their defaults', () => {
    const rows = [...page.matchAll(/^\| `([\w-]+)` +\| (?:`([^`]*)`)? +\| /gm)].map(
      ([, name, value = '']) => [name, value],
    )
    expect(rows).toEqual(Object.entries(action.inputs).map(([name, input]) => [name, input.default]))
    const outputs = /^Outputs: (.*?)\./m.exec(page)?.[1]
    expect(outputs).toBe(
      Object.keys(action.outputs)
        .map((name) => `\`${name}\``)
        .join(', '),
    )
  })

  it('shows GitLab the lines that init writes', () => {
    const written = initFiles('gitlab')
      .map(({ text }) => text)
      .join('\n')
    const lines = [...page.matchAll(/^ {4}- (npx --no -- stompede .*)$/gm)].map(([, line]) => line as string)
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(written).toContain(`    - ${line}\n`)
  })
})

describe('the Dockerfile', () => {
  const instructions = readFileSync('Dockerfile', 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line))
    .map((line) => line.split(/ +/))

  // What comes from the builder's directory, not from another stage.
  const copied = instructions
    .filter(([word, flag]) => word === 'COPY' && flag?.startsWith('--') !== true)
    .flatMap(([, ...words]) => words.slice(0, -1))

  /** What the image holds, but for its dependencies. */
  function built(): string {
    const image = join(directory, 'image')
    mkdirSync(image)
    for (const file of copied) cpSync(file, join(image, file), { recursive: true })
    symlinkSync(resolve('node_modules'), join(image, 'node_modules'))
    return image
  }

  it('starts from an image that is named without a registry, and runs as nobody special', () => {
    const images = instructions.filter(([word]) => word === 'FROM').map(([, image]) => image)
    expect(images).toEqual(['node:24-slim', 'node:24-slim'])
    expect(instructions).toContainEqual(['USER', 'node'])
  })

  it('copies all that a command needs, and sends no more to the builder', () => {
    const sent = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
    expect([...new Set(copied)].toSorted()).toEqual(sent.map((line) => line.slice(1)).toSorted())
    const entry = instructions.find(([word]) => word === 'ENTRYPOINT')
    expect(entry?.slice(1)).toEqual(['["node",', '"/stompede/src/stompede.js"]'])
  })

  it('has with that what init --performance writes', () => {
    const image = built()
    for (const ci of ['github', 'gitlab']) {
      const words = [join(image, 'src/stompede.js'), 'init', join(directory, ci), '--performance', '--ci', ci]
      const { status, stdout } = spawnSync(process.execPath, words, { cwd: directory, encoding: 'utf8' })
      expect(status).toBe(0)
      expect(stdout).toMatch(/^wrote +stompede\/start\.sh /m)
      expect(existsSync(join(directory, ci, 'stompede/gate.yaml'))).toBe(true)
    }
  }, 60_000)

  it('has with that enough for a run, in the scenario that init writes and by the script of the action', () => {
    const image = built()
    const [scenario] = initFiles('github')
    writeFileSync(join(directory, 'my scenario.yaml'), scenario?.text ?? '')
    const { status, stdout, outputs, summary } = stompedeStep(
      { command: 'run', scenario: 'my scenario.yaml', arguments: '-d 2s\n--quiet --tag from=action' },
      image,
    )
    expect(stdout).toMatch(/✔ PASS {3}my scenario · 20 users · 2 s/)
    expect([status, outputs['exit-code']]).toEqual([0, '0'])
    const [run = ''] = readdirSync(join(directory, 'stompede-reports'))
    const kept = readdirSync(join(directory, 'stompede-reports', run))
    expect(kept).toEqual(expect.arrayContaining(['report.html', 'result.json']))
    expect(summary).toMatch(/^## Stompede run: exit code 0\n\n {4}✔ PASS {3}my scenario/)
    expect(
      summary
        .split('\n')
        .slice(2)
        .filter((line) => !/^( {4}|$)/.test(line)),
    ).toEqual([])
  }, 90_000)
})

/** The words that a stand-in for Stompede is called with. */
function wordsOf(inputs: Record<string, string>): string[] {
  const image = mkdtempSync(join(directory, 'image-'))
  mkdirSync(join(image, 'src'))
  writeFileSync(join(image, 'src/stompede.js'), 'console.log(JSON.stringify(process.argv.slice(2)))')
  const { stdout, outputs } = stompedeStep(inputs, image)
  expect(outputs['exit-code']).toBe('0')
  return JSON.parse(stdout) as string[]
}

/** What compare makes of the words that it is called with. */
async function compareFlags(inputs: Record<string, string>): Promise<CompareFlags> {
  let taken: CompareFlags | undefined
  const handler = (flags: CompareFlags): void => void (taken = flags)
  const { error } = await runCommand({ ...compareCommand(() => {}), handler }, wordsOf(inputs))
  expect(error).toBeUndefined()
  return taken as CompareFlags
}

/** Runs a step as GitHub does: the inputs' defaults, those given, and the expressions of `env` replaced. */
function stompedeStep(inputs: Record<string, string>, actionPath = resolve('.')) {
  const values = Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => [name, inputs[name] ?? input.default]),
  )
  const step = steps.find(({ id }) => id === 'stompede')
  const env = Object.fromEntries(
    Object.entries(step?.env ?? {}).map(([name, value]) => [
      name,
      value.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, input: string) => values[input] ?? ''),
    ]),
  )
  const [summaryFile, outputFile] = [join(directory, 'summary.md'), join(directory, 'output.txt')]
  writeFileSync(summaryFile, '')
  writeFileSync(outputFile, '')
  const files = {
    GITHUB_STEP_SUMMARY: summaryFile,
    GITHUB_OUTPUT: outputFile,
    GITHUB_ACTION_PATH: actionPath,
  }
  const ended = script('Stompede', { ...env, ...files })
  const outputs = Object.fromEntries(
    readFileSync(outputFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('=') as [string, string]),
  )
  return { ...ended, outputs, summary: readFileSync(summaryFile, 'utf8') }
}

function script(name: string, env: Record<string, string>): { status: number | null; stdout: string } {
  const step = steps.find((each) => each.name === name)
  const file = join(directory, 'step.sh')
  writeFileSync(file, step?.run ?? 'exit 99')
  const { STOMPEDE_JWT_SECRET: _, ...own } = process.env
  return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', file], {
    cwd: directory,
    encoding: 'utf8',
    env: {
      ...own,
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      NO_COLOR: '1',
      GITHUB_ACTION_PATH: resolve('.'),
      ...env,
    },
  })
}

/** Every object in parsed YAML. */
function nodesOf(value: unknown): Record<string, unknown>[] {
  if (value === null || typeof value !== 'object') return []
  const inner = Object.values(value).flatMap(nodesOf)
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner]
}
