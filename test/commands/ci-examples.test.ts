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
  jobs: Record<string, { env?: Record<string, string>; steps: GitHubStep[] }>
}

interface GitHubStep {
  name?: string
  shell?: string
  run?: string
  uses?: string
  with?: Record<string, string>
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
    const { calls, status, stderr } = rehearse(scriptOf(name))
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
      const [words = []] = rehearse(scriptOf(name)).calls
      const valueOf = (flag: string): string | undefined => words[words.indexOf(flag) + 1]
      expect(valueOf('--a')).not.toBe(valueOf('--b'))
      expect(words).toContain('--ab')
      expect(words).toContain('stompede/gate.yaml')
    }
    expect(gitlab['.stompede-performance']).toMatchObject({ allow_failure: { exit_codes: [13] } })
    expect(SCRIPTS[0]?.[1]).toContain('--unknown pass')
  })

  it('hold a pull request against the commit it branched off from, not against what main became since', () => {
    const place = mkdtempSync(join(root, 'repository-'))
    const commit = (message: string): string => {
      git(
        place,
        '-c',
        'user.name=t',
        '-c',
        'user.email=t@localhost',
        'commit',
        '--quiet',
        '--allow-empty',
        '-m',
        message,
      )
      return git(place, 'rev-parse', 'HEAD').trim()
    }
    git(place, 'init', '--quiet', '--initial-branch', 'main')
    const fork = commit('fork')
    const faster = commit('main gets faster')
    git(place, 'checkout', '--quiet', '-b', 'feature', fork)
    const head = commit('feature')
    const { calls, status } = rehearse(scriptOf('github-gate.yml: gate'), {
      place,
      isGitReal: true,
      env: { BASE: faster, HEAD: head },
    })
    expect(status).toBe(0)
    expect(calls[0]).toEqual(expect.arrayContaining([`commit=${head}`, `base=${fork}`]))
    expect(git(join(place, 'runner temp/base'), 'rev-parse', 'HEAD').trim()).toBe(fork)
  })

  it('hold a merge request against what its build contains of the target branch', () => {
    const baseIn = (env: Record<string, string>): unknown[] => {
      const { calls, gitCalls } = rehearse(scriptOf('gitlab.yml: stompede-gate'), { env })
      return [gitCalls.split(' ').at(-1)?.trim(), calls[0]?.find((word) => word.startsWith('base='))]
    }
    expect(baseIn({})).toEqual(['ba5e000', 'base=ba5e000'])
    // Of merged results: the build holds the target branch as it is now.
    const merged = { CI_MERGE_REQUEST_TARGET_BRANCH_SHA: '7a49e70' }
    expect(baseIn(merged)).toEqual(['7a49e70', 'base=7a49e70'])
  })

  it.each([
    // Three runs, the search, the trend.
    ['0 0 0 0 0', 0],
    ['13 0 0 0 0', 13],
    ['0 0 0 13 0', 13],
    ['11 0 0 13 0', 11],
    ['13 11 0 13 0', 11],
    ['13 0 0 99 0', 99],
  ])('let a night on GitLab whose commands end with %s end with %i', (ends, status) => {
    const night = rehearse(scriptOf('gitlab.yml: stompede-nightly'), { env: { ENDS: ends } })
    expect(night.status).toBe(status)
    expect(night.calls.at(-1)?.[0]).toBe('trend')
  })

  it.each([
    ['Three runs, for the trend', '0 13 0', true],
    ['Three runs, for the trend', '0 11 0', false],
    ['How much does it hold?', '13', true],
    ['How much does it hold?', '99', false],
    ['Since when is it slower?', '0', true],
    ['Since when is it slower?', '2', false],
  ])(
    'let the step "%s" of a night on GitHub, whose commands end with %s, be green: %s',
    (name, ends, isGreen) => {
      const step = github('github-nightly.yml').jobs['nightly']?.steps.find((each) => each.name === name)
      const { status, summary } = rehearse(step?.run ?? 'exit 99', {
        shell: step?.shell,
        env: { ENDS: ends },
      })
      expect(status === 0).toBe(isGreen)
      // Nothing that was printed is markup.
      expect(summary).toBe(name.startsWith('Since') && isGreen ? '\n    # <b>told</b>\n' : '')
    },
  )

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

describe('start.sh', () => {
  it('starts no broker where it could not go on: nothing would end it', () => {
    const place = mkdtempSync(join(root, 'start-'))
    for (const name of ['rabbitmq-server', 'rabbitmqctl', 'node']) {
      writeFileSync(join(place, name), `#!/bin/sh\necho "${name} $*" >> '${place}/started'\n`)
      chmodSync(join(place, name), 0o755)
    }
    const start = (env: Record<string, string>) =>
      spawnSync('bash', ['docs/ci/start.sh', place], {
        encoding: 'utf8',
        env: { PATH: `${place}:/usr/bin:/bin`, ...env },
      })
    const refused = start({})
    expect(refused.stderr).toContain('export STOMPEDE_JWT_SECRET=')
    expect(refused.status).not.toBe(0)
    expect(existsSync(join(place, 'started'))).toBe(false)
    expect(start({ STOMPEDE_JWT_SECRET: 'test-only' }).status).toBe(0)
    expect(readFileSync(join(place, 'started'), 'utf8')).toContain('node dist/main.js')
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

function scriptOf(job: string): string {
  return SCRIPTS.find(([name]) => name === job)?.[1] ?? 'exit 99'
}

interface Rehearsal {
  calls: string[][]
  status: number | null
  stderr: string
  /** The words of all calls of git, unless it is the real one. */
  gitCalls: string
  summary: string
}

/**
 * Runs a script with stand-ins for all it calls. `ENDS` is what the calls of Stompede end with, one after the other. A step of
 * GitHub without a shell of its own is run as GitHub does it, whole jobs with all strictness.
 */
function rehearse(
  script: string,
  {
    place = mkdtempSync(join(root, 'job-')),
    isGitReal = false,
    env = {},
    ...step
  }: { place?: string; isGitReal?: boolean; env?: Record<string, string>; shell?: string | undefined } = {},
): Rehearsal {
  const bin = join(place, 'bin')
  mkdirSync(bin)
  mkdirSync(join(place, 'runner temp'))
  const put = (path: string, text: string): void => {
    writeFileSync(path, `#!/bin/bash\n${text}\n`)
    chmodSync(path, 0o755)
  }
  const log = join(place, 'calls')
  // Each word ends with a unit separator, each call with a record separator; a report is left as the command would.
  put(
    join(bin, 'npx'),
    `[ "$1 $2 $3" = '--no -- stompede' ] || exit 90\nshift 3\nprintf '%s\\x1f' "$@" >> '${log}'\nprintf '\\x1e' >> '${log}'\nmkdir -p stompede-reports\necho > stompede-reports/trend.html\necho '# <b>told</b>'\nends=($ENDS)\nexit "\${ends[$(tr -dc '\\036' < '${log}' | wc -c) - 1]:-0}"`,
  )
  for (const name of ['npm', 'curl']) put(join(bin, name), 'exit 0')
  const gitLog = join(place, 'git calls')
  writeFileSync(gitLog, '')
  if (!isGitReal) put(join(bin, 'git'), `echo "$@" >> '${gitLog}'`)
  mkdirSync(join(place, 'stompede'))
  put(join(place, 'stompede/start.sh'), 'exit 0')
  mkdirSync(join(place, 'node_modules'))
  symlinkSync(resolve('.'), join(place, 'node_modules/stompede'))
  if (script.includes('mv stompede-reports public')) {
    mkdirSync(join(place, 'stompede-reports'))
    writeFileSync(join(place, 'stompede-reports/trend.html'), '')
  }
  const summary = join(place, 'summary.md')
  writeFileSync(summary, '')
  const strict = ['--noprofile', '--norc', '-eo', 'pipefail']
  const shell = 'shell' in step ? (step.shell === 'bash' ? strict : ['-e']) : [...strict, '-u']
  const { status, stderr } = spawnSync('bash', [...shell, '-c', script], {
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
      GITHUB_STEP_SUMMARY: summary,
      CI_COMMIT_SHA: 'c0ffee1',
      CI_MERGE_REQUEST_DIFF_BASE_SHA: 'ba5e000',
      STOMPEDE_PUSH_URL: 'https://gitlab.example.com/group/chat.git',
      ENDS: '',
      ...env,
    },
  })
  const calls = existsSync(log) ? readFileSync(log, 'utf8').split('\x1e').slice(0, -1) : []
  return {
    calls: calls.map((call) => call.split('\x1f').slice(0, -1)),
    status,
    stderr,
    gitCalls: readFileSync(gitLog, 'utf8'),
    summary: readFileSync(summary, 'utf8'),
  }
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
