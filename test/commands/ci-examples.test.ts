import { spawnSync } from 'node:child_process'
import {
  chmodSync,
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
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import yargs, { type Argv, type CommandModule } from 'yargs'
import { capacityCommand } from '../../src/commands/capacity.ts'
import { compareCommand } from '../../src/commands/compare.ts'
import { runCommand } from '../../src/commands/run.ts'
import { trendCommand } from '../../src/commands/trend.ts'
import { readScenario } from '../../src/scenario/read.ts'

const root = mkdtempSync(join(tmpdir(), 'stompede-ci-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const FILES = readdirSync('docs/ci')

interface GitHub {
  permissions: Record<string, string>
  jobs: Record<
    string,
    { env?: Record<string, string>; steps: { run?: string; uses?: string; with?: Record<string, string> }[] }
  >
}

interface GitLabJob {
  extends?: string
  script?: string[]
  before_script?: string[]
  artifacts?: { paths?: string[]; reports?: Record<string, string> }
}

const github = (file: string): GitHub => parse(readFileSync(join('docs/ci', file), 'utf8')) as GitHub
const gitlab = parse(readFileSync('docs/ci/gitlab.yml', 'utf8')) as Record<string, GitLabJob>

/** Every job's script as its runner would run it. */
const SCRIPTS: [name: string, script: string][] = [
  ...FILES.filter((file) => file.startsWith('github-')).flatMap((file) =>
    Object.entries(github(file).jobs).map(([job, { steps }]): [string, string] => [
      `${file}: ${job}`,
      steps.flatMap(({ run }) => run ?? []).join('\n'),
    ]),
  ),
  ...Object.entries(gitlab)
    .filter(([, { script }]) => script !== undefined)
    .map(([job, { script = [], ...own }]): [string, string] => [
      `gitlab.yml: ${job}`,
      [...(own.before_script ?? gitlab[own.extends ?? '']?.before_script ?? []), ...script].join('\n'),
    ]),
]

const COMMANDS: Record<string, CommandModule<object, never>> = {
  run: runCommand(() => undefined) as CommandModule<object, never>,
  compare: compareCommand(() => undefined) as CommandModule<object, never>,
  capacity: capacityCommand(() => undefined) as CommandModule<object, never>,
  trend: trendCommand as CommandModule<object, never>,
}

describe('the workflows of docs/ci', () => {
  it('are there: a gate, a nightly search and a published trend, for both systems', () => {
    expect(FILES.toSorted()).toEqual([
      'gate.yaml',
      'github-gate.yml',
      'github-nightly.yml',
      'gitlab.yml',
      'reports-branch.sh',
      'start.sh',
    ])
    expect(SCRIPTS.map(([name]) => name)).toEqual([
      'github-gate.yml: gate',
      'github-nightly.yml: nightly',
      'gitlab.yml: stompede-gate',
      'gitlab.yml: stompede-nightly',
      'gitlab.yml: pages',
    ])
  })

  it.each(SCRIPTS)(
    '%s is a script that bash reads, and holds no expression that an input could turn into code',
    (_, script) => {
      expect(script).not.toContain('${{')
      expect(spawnSync('bash', ['-n', '-c', script], { encoding: 'utf8' }).stderr).toBe('')
    },
  )

  it.each([
    ['github-gate.yml: gate', ['compare']],
    ['github-nightly.yml: nightly', ['run', 'run', 'run', 'capacity', 'trend']],
    ['gitlab.yml: stompede-gate', ['compare']],
    ['gitlab.yml: stompede-nightly', ['run', 'run', 'run', 'capacity', 'trend']],
    ['gitlab.yml: pages', []],
  ])('%s calls Stompede with commands and flags that exist', async (name, commands) => {
    const script = SCRIPTS.find(([of]) => of === name)?.[1] ?? ''
    const { calls, status, stderr } = rehearse(script)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(calls.map(([command]) => command)).toEqual(commands)
    for (const words of calls) expect(await refusal(words), words.join(' ')).toBeNull()
    // All of a job writes to where the job keeps.
    expect(calls.filter((words) => words[words.indexOf('--reports') + 1] !== 'stompede-reports')).toEqual([])
  })

  it('would be refused if a flag did not exist', async () => {
    expect(await refusal(['compare', '--ab', 'x.yaml', '--marginn', 'p99=5%'])).toMatch(/marginn/)
    expect(await refusal(['capacity'])).toMatch(/.+/)
    expect(await refusal(['run', 'x.yaml', '--out', 'nothing'])).toMatch(/nothing/)
  })

  it('compare two builds at one address, and do not stop a pull request that nothing can be said of', () => {
    for (const name of ['github-gate.yml: gate', 'gitlab.yml: stompede-gate']) {
      const [words = []] = rehearse(SCRIPTS.find(([of]) => of === name)?.[1] ?? '').calls
      const valueOf = (flag: string): string | undefined => words[words.indexOf(flag) + 1]
      expect(valueOf('--a')).not.toBe(valueOf('--b'))
      expect(words).toContain('--ab')
      expect(words).toContain('stompede/gate.yaml')
    }
    expect(gitlab['.stompede-performance']).toMatchObject({ allow_failure: { exit_codes: [13] } })
    expect(SCRIPTS[0]?.[1]).toContain('--unknown pass')
  })

  it('have the permissions they need and no others', () => {
    expect(github('github-gate.yml').permissions).toEqual({ contents: 'read' })
    expect(github('github-nightly.yml').permissions).toEqual({
      contents: 'write',
      pages: 'write',
      'id-token': 'write',
    })
    const actions = ['github-gate.yml', 'github-nightly.yml'].flatMap((file) =>
      Object.values(github(file).jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? [])),
    )
    expect(actions.filter((name) => !/^actions\/[\w-]+@v\d+$/.test(name))).toEqual([])
  })

  it('are described in docs/ci.md, every file of them', () => {
    const page = readFileSync('docs/ci.md', 'utf8')
    expect(FILES.filter((file) => !page.includes(`](ci/${file})`))).toEqual([])
  })

  it('run a scenario that is valid and that warms up', async () => {
    const scenario = await readScenario('docs/ci/gate.yaml', { env: {} })
    expect([scenario.userCount, scenario.warmUpMs]).toEqual([200, 10_000])
  })
})

describe('reports-branch.sh', () => {
  const script = resolve('docs/ci/reports-branch.sh')

  /** A clone of one remote, with reports of its own. */
  function clones(count: number): { at: string; reports: string }[] {
    const place = mkdtempSync(join(root, 'branch-'))
    git(place, 'init', '--quiet', '--bare', 'remote.git')
    return Array.from({ length: count }, (_, i) => {
      git(place, 'init', '--quiet', `clone-${i}`)
      const at = join(place, `clone-${i}`)
      git(at, 'remote', 'add', 'origin', '../remote.git')
      mkdirSync(join(at, 'reports'))
      return { at, reports: join(at, 'reports') }
    })
  }

  const branch = (at: string, action: string) =>
    spawnSync('bash', [script, action, 'reports'], { cwd: at, encoding: 'utf8' })
  const kept = (reports: string, file = 'index.ndjson'): string => readFileSync(join(reports, file), 'utf8')

  it('brings together what several pushed, every line once, and leaves the working tree alone', () => {
    const [one, two, late] = clones(3) as [
      ReturnType<typeof clones>[0],
      ReturnType<typeof clones>[0],
      ReturnType<typeof clones>[0],
    ]
    writeFileSync(join(one.reports, 'index.ndjson'), '{"n":1}\n{"n":2}\n')
    writeFileSync(join(one.reports, 'trend.html'), 'not kept')
    expect(branch(one.at, 'push')).toMatchObject({ status: 0, stderr: '' })
    // Nobody told the second of what the first pushed.
    writeFileSync(join(two.reports, 'index.ndjson'), '{"n":2}\n{"n":3}\n')
    writeFileSync(join(two.reports, 'notes.ndjson'), '{"note":1}\n')
    expect(branch(two.at, 'push')).toMatchObject({ status: 0, stderr: '' })
    expect(branch(late.at, 'fetch')).toMatchObject({ status: 0, stderr: '' })
    expect(kept(late.reports)).toBe('{"n":1}\n{"n":2}\n{"n":3}\n')
    expect(kept(late.reports, 'notes.ndjson')).toBe('{"note":1}\n')
    expect(readdirSync(late.reports).toSorted()).toEqual(['index.ndjson', 'notes.ndjson'])
    expect(git(late.at, 'status', '--porcelain').trim()).toBe('?? reports/')
    // Nothing new: no commit.
    expect(branch(late.at, 'push').status).toBe(0)
    expect(git(late.at, 'ls-remote', '--heads', 'origin').split('\n').filter(Boolean)).toHaveLength(1)
    git(late.at, 'fetch', '--quiet', 'origin', 'stompede-data')
    expect(git(late.at, 'rev-list', '--count', 'FETCH_HEAD').trim()).toBe('2')
  })

  it('adds to what lies there, and leaves the clone as deep as it was', () => {
    const [one, two] = clones(2) as [ReturnType<typeof clones>[0], ReturnType<typeof clones>[0]]
    writeFileSync(join(one.reports, 'index.ndjson'), '{"n":1}\n')
    writeFileSync(join(one.reports, 'notes.ndjson'), '{"note":1}\n')
    expect(branch(one.at, 'push').status).toBe(0)
    // What only the directory has is newer: of two lines of one result the later one stands.
    writeFileSync(join(two.reports, 'index.ndjson'), '{"n":2}\n{"n":1}\n{"n":3}')
    expect(branch(two.at, 'fetch')).toMatchObject({ status: 0, stderr: '' })
    expect(kept(two.reports)).toBe('{"n":1}\n{"n":2}\n{"n":3}\n')
    expect(kept(two.reports, 'notes.ndjson')).toBe('{"note":1}\n')
    expect(branch(two.at, 'push').status).toBe(0)
    expect(git(two.at, 'rev-parse', '--is-shallow-repository').trim()).toBe('false')
  })

  it('begins without a branch, and fails where the remote does not answer', () => {
    const [only] = clones(1) as [ReturnType<typeof clones>[0]]
    expect(branch(only.at, 'fetch').status).toBe(0)
    expect(branch(only.at, 'push').status).toBe(0)
    expect(git(only.at, 'ls-remote', '--heads', 'origin')).toBe('')
    expect(branch(only.at, 'pull').status).toBe(2)
    rmSync(join(only.at, '..', 'remote.git'), { recursive: true })
    writeFileSync(join(only.reports, 'index.ndjson'), '{"n":1}\n')
    expect(branch(only.at, 'fetch').status).not.toBe(0)
    expect(branch(only.at, 'push').status).not.toBe(0)
  })
})

function git(cwd: string, ...words: string[]): string {
  const { stdout, stderr, status } = spawnSync('git', words, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ${words.join(' ')}: ${stderr}`)
  return stdout
}

/** Runs a script with stand-ins for all it calls; returns the words of every call of Stompede. */
function rehearse(script: string): { calls: string[][]; status: number | null; stderr: string } {
  const place = mkdtempSync(join(root, 'job-'))
  const bin = join(place, 'bin')
  mkdirSync(bin)
  const put = (path: string, text: string): void => {
    writeFileSync(path, `#!/bin/bash\n${text}\n`)
    chmodSync(path, 0o755)
  }
  const log = join(place, 'calls')
  // Each word ends with a unit separator, each call with a record separator; a report is left as the command would.
  put(
    join(bin, 'npx'),
    `[ "$1 $2 $3" = '--no -- stompede' ] || exit 90\nshift 3\nprintf '%s\\x1f' "$@" >> '${log}'\nprintf '\\x1e' >> '${log}'\nmkdir -p stompede-reports\necho > stompede-reports/trend.html`,
  )
  for (const name of ['git', 'npm', 'curl']) put(join(bin, name), 'exit 0')
  mkdirSync(join(place, 'stompede'))
  put(join(place, 'stompede/start.sh'), 'exit 0')
  mkdirSync(join(place, 'node_modules'))
  symlinkSync(resolve('.'), join(place, 'node_modules/stompede'))
  if (script.includes('mv stompede-reports public')) {
    mkdirSync(join(place, 'stompede-reports'))
    writeFileSync(join(place, 'stompede-reports/trend.html'), '')
  }
  const { status, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-euo', 'pipefail', '-c', script], {
    cwd: place,
    encoding: 'utf8',
    env: {
      PATH: `${bin}:/usr/bin:/bin`,
      TARGET: 'http://127.0.0.1:3000/chat-ws',
      COMMIT: 'c0ffee1',
      HEAD: 'c0ffee1',
      BASE: 'ba5e000',
      PLANNED_USERS: '500',
      RUNNER_TEMP: join(place, 'runner temp'),
      GITHUB_STEP_SUMMARY: join(place, 'summary.md'),
      CI_COMMIT_SHA: 'c0ffee1',
      CI_MERGE_REQUEST_DIFF_BASE_SHA: 'ba5e000',
      STOMPEDE_PUSH_URL: 'https://gitlab.example.com/group/chat.git',
    },
  })
  const calls = existsSync(log) ? readFileSync(log, 'utf8').split('\x1e').slice(0, -1) : []
  return { calls: calls.map((call) => call.split('\x1f').slice(0, -1)), status, stderr }
}

/** What the command line would refuse words for; null where it takes them. Nothing is run. */
async function refusal(words: readonly string[]): Promise<string | null> {
  const command = COMMANDS[words[0] ?? '']
  if (command === undefined) return `no command ${words[0]}`
  let isTaken = false
  try {
    await (yargs(words as string[]) as Argv<object>)
      .command({ ...command, handler: () => void (isTaken = true) })
      .strict()
      .exitProcess(false)
      .fail((message, error: Error | undefined) => {
        throw error ?? new Error(message)
      })
      .parseAsync()
    return isTaken ? null : 'it is no such command'
  } catch (error) {
    return (error as Error).message
  }
}
