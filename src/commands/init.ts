import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CommandModule } from 'yargs'
import { reasonOf, StompedeError } from '../errors.ts'
import { CI_SYSTEMS, initFiles, type CiSystem, type InitFile } from './init/files.ts'
import { performanceFiles } from './init/performance-files.ts'

interface InitFlags {
  directory: string
  ci: CiSystem
  performance: boolean
  force: boolean
}

/** `stompede init`: writes a scenario, a CI job and a list of known failures into a repository. */
export const initCommand: CommandModule<object, InitFlags> = {
  command: 'init [directory]',
  describe: 'Write a scenario, a CI job and a known-failures file into a repository',
  builder: (yargs) =>
    yargs
      .positional('directory', { type: 'string', default: '.', describe: 'Root of the repository' })
      .option('ci', { choices: CI_SYSTEMS, default: 'github' as const, describe: 'Whose job to write' })
      .option('performance', {
        type: 'boolean',
        default: false,
        describe:
          'Write what asks whether it got slower and how much it holds: a gate, a nightly search, a trend',
      })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite files that are there' })
      .example('$0 init', 'for GitHub, in this directory')
      .example('$0 init ../chat --ci gitlab', 'for GitLab, in another')
      .example('$0 init --performance', 'the jobs for performance, besides'),
  handler: async (flags) => {
    process.stdout.write(`${await init(flags)}\n`)
  },
}

// --- internal ---

/** Writes all files or none; returns what to tell. Throws USAGE when one is there already or none can be written. */
async function init({ directory, ci, performance, force }: InitFlags): Promise<string> {
  const files = performance ? performanceFiles(ci) : initFiles(ci)
  const present = files.filter(({ path }) => existsSync(join(directory, path)))
  if (present.length > 0 && !force) {
    throw new StompedeError('USAGE', 'nothing was written; --force overwrites what is there', {
      problems: present.map(({ path }) => `${join(directory, path)} exists`),
    })
  }
  for (const { path, text, isExecutable = false } of files) {
    const file = join(directory, path)
    try {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text, { flag: force ? 'w' : 'wx' })
      if (isExecutable) await chmod(file, 0o755)
    } catch (error) {
      throw new StompedeError('USAGE', `${file} cannot be written (${reasonOf(error)})`, { cause: error })
    }
  }
  const width = Math.max(...files.map(({ path }) => path.length))
  const told = (file: InitFile): string =>
    `${present.includes(file) ? 'replaced' : 'wrote   '}  ${file.path.padEnd(width)}  ${file.purpose}`
  return [
    ...files.map(told),
    '',
    'Next:',
    ...(performance ? performanceSteps(directory, ci) : nextSteps(directory, ci)).map(
      (step, i) => `  ${i + 1}. ${step}`,
    ),
  ].join('\n')
}

function nextSteps(directory: string, ci: CiSystem): string[] {
  const settings: Record<CiSystem, string> = {
    github: 'In the repository’s settings: variables CHAT_URL and CHAT_HOST, secret CHAT_JWT_SECRET.',
    gitlab:
      'In .gitlab-ci.yml: include: { local: .gitlab/stompede.yml }. In the project’s CI/CD settings: variables CHAT_URL, CHAT_HOST and STOMPEDE_JWT_SECRET.',
  }
  return [
    ...dependencyStep(directory),
    'Try the scenario on the reference target: npx stompede run stompede/scenario.yaml -d 5s',
    settings[ci],
    'Use test users and test rooms: conform and run write into rooms (up to 1 MB a message), leave and join them, and say goodbye for their users.',
    'Commit the three files.',
  ]
}

function performanceSteps(directory: string, ci: CiSystem): string[] {
  const settings: Record<CiSystem, string> = {
    github:
      'In the repository’s settings: Pages from GitHub Actions; the variable PLANNED_USERS, if a load is planned for.',
    gitlab:
      'In .gitlab-ci.yml: include: { local: .gitlab/stompede-performance.yml }. In the project’s CI/CD settings: the variable STOMPEDE_PUSH_URL and a schedule; PLANNED_USERS, if a load is planned for.',
  }
  return [
    ...dependencyStep(directory),
    'Fill in stompede/start.sh: it starts a build of your chat, and the broker it wants, at 127.0.0.1:3000.',
    'Try it: export STOMPEDE_JWT_SECRET=only-a-test in two terminals; ./stompede/start.sh . in one, npx stompede run stompede/gate.yaml --target http://127.0.0.1:3000/chat-ws in the other.',
    settings[ci],
    'Find out which margin the gate can hold: npx stompede compare --self-check (docs/ci.md of Stompede, Performance).',
    'Commit the files.',
  ]
}

function dependencyStep(directory: string): string[] {
  if (dependsOnStompede(directory)) return []
  return [
    'Make Stompede a development dependency: npm pack in a checkout of Stompede writes a .tgz; put it here and npm install --save-dev ./vendor/stompede-VERSION.tgz (docs/ci.md of Stompede, Installing it). The job runs npm ci.',
  ]
}

function dependsOnStompede(directory: string): boolean {
  try {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(directory, 'package.json'), 'utf8'),
    ) as {
      dependencies?: object
      devDependencies?: object
    }
    return 'stompede' in { ...dependencies, ...devDependencies }
  } catch {
    return false // No package.json, or none that can be read: then it must be made one.
  }
}
