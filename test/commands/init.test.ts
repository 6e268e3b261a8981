import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { conformCommand } from '../../src/commands/conform.ts'
import { initCommand } from '../../src/commands/init.ts'
import { runCommand as runCommandOf } from '../../src/commands/run.ts'
import { readKnownFailures } from '../../src/conform/known-failures.ts'
import { readScenario } from '../../src/scenario/read.ts'
import { runCommand } from './in-process.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stompede-init-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const init = (...words: string[]) => runCommand(initCommand, ['init', directory, ...words])
const textOf = (file: string): string => readFileSync(join(directory, file), 'utf8')
const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .toSorted()

describe('stompede init', () => {
  it('writes a scenario that is valid, known failures that can be read, and a workflow; says what to do next', async () => {
    const { stdout, error } = await init()
    expect(error).toBeUndefined()
    expect(filesIn(directory)).toEqual([
      '.github/workflows/stompede.yml',
      'stompede/known-failures.yaml',
      'stompede/scenario.yaml',
    ])
    for (const file of filesIn(directory)) expect(stdout).toMatch(new RegExp(`^wrote +${file} `, 'm'))
    // A package of that name in a registry is none of ours, and a git address does not start.
    expect(stdout).toMatch(
      /1\. Make Stompede a development dependency: npm pack in a checkout .* npm install --save-dev \.\/\S+\.tgz/,
    )
    expect(stdout).toMatch(/secret CHAT_JWT_SECRET/)
    expect(stdout).toMatch(/Use test users and test rooms: conform and run write into rooms/)
    const scenario = await readScenario(join(directory, 'stompede/scenario.yaml'), { env: {} })
    expect([scenario.userCount, scenario.durationMs]).toEqual([20, 15_000])
    expect(readKnownFailures(join(directory, 'stompede/known-failures.yaml'))).toEqual([])
  })

  it('shows a known failure that would be taken as it stands', async () => {
    await init()
    const example = textOf('stompede/known-failures.yaml')
      .split('\n')
      .filter((line) => /^# {1,3}(- id|target|profile|reason|link|expires)/.test(line))
      .map((line) => line.slice(2))
    const file = join(directory, 'example.yaml')
    writeFileSync(file, example.join('\n'))
    expect(readKnownFailures(file)).toEqual([
      {
        id: 'HTTP-AUTH-07',
        target: 'https://chat.example.com/*',
        profile: 'rabbitmq-3.12',
        reason: 'A 401 comes without WWW-Authenticate.',
        link: 'https://tracker.example.com/CHAT-17',
        expires: '2027-03-31',
      },
    ])
  })

  it('leaves out the advice to depend on Stompede where the repository does', async () => {
    writeFileSync(join(directory, 'package.json'), '{ "devDependencies": { "stompede": "1.0.0" } }')
    expect((await init()).stdout).not.toMatch(/development dependency/)
  })

  it('writes nothing where one of its files is there, unless forced', async () => {
    await init('--ci', 'gitlab')
    writeFileSync(join(directory, 'stompede/scenario.yaml'), 'mine')
    const { stdout, error } = await init()
    expect(stdout).toBe('')
    expect(error?.exitCode).toBe(2)
    expect(error?.problems).toEqual([
      `${join(directory, 'stompede/scenario.yaml')} exists`,
      `${join(directory, 'stompede/known-failures.yaml')} exists`,
    ])
    expect(textOf('stompede/scenario.yaml')).toBe('mine')
    expect(existsSync(join(directory, '.github'))).toBe(false)
    const forced = await init('--force')
    expect(forced.stdout).toMatch(/^replaced {2}stompede\/scenario\.yaml /m)
    expect(forced.stdout).toMatch(/^wrote {5}\.github\/workflows\/stompede\.yml /m)
    expect(textOf('stompede/scenario.yaml')).toMatch(/^description: /m)
  })

  it('says why it cannot write', async () => {
    writeFileSync(join(directory, 'stompede'), 'a file, no directory')
    const { error } = await init()
    expect(error?.exitCode).toBe(2)
    expect(error?.message).toMatch(/stompede\/scenario\.yaml cannot be written \(.*EEXIST/)
  })
})

describe('stompede init --performance', () => {
  it.each([
    ['github', ['.github/workflows/stompede-gate.yml', '.github/workflows/stompede-nightly.yml']],
    ['gitlab', ['.gitlab/stompede-performance.yml']],
  ])('writes for %s the examples of docs/ci beside what init wrote, and no more', async (ci, jobs) => {
    await init('--ci', ci)
    const before = filesIn(directory)
    const { stdout, error } = await init('--ci', ci, '--performance')
    expect(error).toBeUndefined()
    const written = filesIn(directory).filter((file) => !before.includes(file))
    expect(written).toEqual([...jobs, 'stompede/gate.yaml', 'stompede/start.sh'])
    for (const file of written) expect(stdout).toMatch(new RegExp(`^wrote +${file} `, 'm'))
    expect(stdout).toMatch(/Fill in stompede\/start\.sh/)
    expect(stdout).not.toMatch(/stompede\/scenario\.yaml/)
    // Both the chat and Stompede want the secret, and start.sh ends at once without it.
    expect(stdout).toMatch(/Try it: export STOMPEDE_JWT_SECRET=\S+ in two terminals; /)
    const examples = readdirSync('docs/ci').map((file) => readFileSync(join('docs/ci', file), 'utf8'))
    expect(written.filter((file) => !examples.includes(textOf(file)))).toEqual([])
    expect(statSync(join(directory, 'stompede/start.sh')).mode & 0o111).toBe(0o111)
  })

  it('writes all files that the jobs name', async () => {
    for (const ci of ['github', 'gitlab']) await init('--ci', ci, '--performance', '--force')
    const written = filesIn(directory)
    const named = written.flatMap((file) => textOf(file).match(/(?<!\w)stompede\/[\w-]+\.(?:yaml|sh)/g) ?? [])
    expect(named.filter((file) => !written.includes(file))).toEqual([])
    expect(new Set(named)).toEqual(new Set(['stompede/gate.yaml', 'stompede/start.sh']))
  })
})

describe('the workflow it writes for GitHub', () => {
  it('runs commands and flags that exist, on the files that were written', async () => {
    await init()
    const { jobs, permissions } = parse(textOf('.github/workflows/stompede.yml')) as Workflow
    expect(permissions).toEqual({ contents: 'read' })
    const { steps, env } = jobs.stompede
    expect(steps.flatMap(({ uses }) => uses ?? [])).toEqual([
      'actions/checkout@v4',
      'actions/setup-node@v4',
      'actions/upload-artifact@v4',
    ])
    expect(Object.keys(env)).toEqual(['CHAT_URL', 'CHAT_HOST', 'STOMPEDE_JWT_SECRET'])
    const scripts = steps.flatMap(({ run }) => run ?? [])
    for (const script of scripts) expect(script).not.toContain('${{')
    const called = scripts.slice(1).flatMap((script) => callsOf(script))
    expect(called.map(([command]) => command)).toEqual(['conform', 'run'])
    // A deployment of the documented design is not red from the first day.
    const lists = called[0]?.flatMap((word, i, all) => (all[i - 1] === '--known-failures' ? [word] : []))
    expect(lists).toEqual(['documented-design', 'stompede/known-failures.yaml'])
    await expectUsable(called)
  })

  it('stops where no chat is named, instead of checking the reference target', async () => {
    await init()
    const { steps } = (parse(textOf('.github/workflows/stompede.yml')) as Workflow).jobs.stompede
    const script = steps.find(({ name }) => name === 'Is the chat named?')?.run ?? ''
    const { status, stdout } = bash(script, { CHAT_URL: '' })
    expect(stdout).toBe('::error::set the variable CHAT_URL of this repository\n')
    expect(status).toBe(2)
    expect(bash(script, { CHAT_URL: 'http://127.0.0.1:1' }).status).toBe(0)
  })
})

describe('the jobs it writes for GitLab', () => {
  it('run commands and flags that exist, and hand over the JUnit report', async () => {
    await init('--ci', 'gitlab')
    const jobs = parse(textOf('.gitlab/stompede.yml')) as Record<string, GitLabJob>
    expect(Object.keys(jobs)).toEqual(['.stompede', 'chat-conformance', 'chat-load'])
    const called = ['chat-conformance', 'chat-load'].flatMap((job) =>
      (jobs[job]?.script ?? []).flatMap(callsOf),
    )
    expect(called.map(([command]) => command)).toEqual(['conform', 'run'])
    await expectUsable(called)
    expect(jobs['chat-conformance']?.artifacts?.reports?.junit).toBe('stompede-reports/*/junit.xml')
    const guard = jobs['.stompede']?.before_script?.[1] ?? ''
    expect(bash(guard, { CHAT_URL: '' }).status).toBe(2)
    expect(bash(guard, { CHAT_URL: 'http://127.0.0.1:1' }).status).toBe(0)
  })
})

interface Workflow {
  permissions: unknown
  jobs: {
    stompede: { env: object; steps: { name?: string; uses?: string; run?: string }[] }
  }
}

interface GitLabJob {
  script?: string[]
  before_script?: string[]
  artifacts?: { reports?: { junit?: string } }
}

function bash(script: string, env: Record<string, string>): { status: number | null; stdout: string } {
  return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: directory,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  })
}

/** The words with which a script calls stompede, as a shell hands them over: an `npx` in its place writes them down. */
function callsOf(script: string): string[][] {
  const npx = join(directory, 'npx')
  writeFileSync(npx, '#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done\n')
  chmodSync(npx, 0o755)
  const said = (host: string): string[] => {
    const env = {
      PATH: `${directory}:${process.env['PATH'] ?? ''}`,
      CHAT_URL: 'http://chat.test/x y',
      CHAT_HOST: host,
    }
    const { status, stdout } = bash(script, env)
    expect(status).toBe(0)
    return stdout.split('\0').slice(0, -1)
  }
  const words = said('chat.test')
  if (words.length === 0) return []
  // --no: what is not installed is not fetched; the name could be anybody's.
  expect(words.slice(0, 3)).toEqual(['--no', '--', 'stompede'])
  expect(words.join(' | ')).toContain(' | --target | http://chat.test/x y | --allow-target | chat.test | ')
  expect(said('').join(' | ')).toContain(' | --target | http://chat.test/x y | --')
  expect(said('')).not.toContain('--allow-target')
  return [words.slice(3)]
}

/** Every word is one the command line takes, and the files named are those that were written. */
async function expectUsable(called: readonly (readonly string[])[]): Promise<void> {
  for (const words of called) {
    let isTaken = false
    const handler = (): void => void (isTaken = true)
    const ended =
      words[0] === 'conform'
        ? await runCommand({ ...conformCommand(() => {}), handler }, words)
        : await runCommand({ ...runCommandOf(() => {}), handler }, words)
    expect(ended.error).toBeUndefined()
    expect(isTaken).toBe(true)
    for (const file of words.filter((word) => word.endsWith('.yaml')))
      expect(existsSync(join(directory, file)), file).toBe(true)
  }
}
