import type { CommandModule } from 'yargs'
import { isAllowed } from '../chat/allowed.ts'
import { loadContract } from '../chat/contract.ts'
import { openTokens } from '../chat/tokens.ts'
import { probe } from '../engine/probe.ts'
import { EXIT, reasonOf, StompedeError } from '../errors.ts'
import { dockerAnswers } from '../target/rabbitmq-container.ts'
import { findRabbitMqServer } from '../target/rabbitmq-node.ts'
import { type DeploymentFlags, deploymentOptions, openDeployment } from './run/deployment.ts'
import { type MachineFinding, machineFindings } from './run/machine.ts'

type DoctorFlags = DeploymentFlags & { users: number }

/** `stompede doctor`: what stands between this machine, the target and a run of so many users. */
export function doctorCommand(onExit: (code: number) => void): CommandModule<object, DoctorFlags> {
  return {
    command: 'doctor',
    describe: 'Check this machine and the target, and send one message through',
    builder: (yargs) =>
      deploymentOptions(
        yargs.option('users', {
          alias: 'u',
          type: 'number',
          default: 1_000,
          describe: 'Users that a run would have',
        }),
      )
        .example('$0 doctor', 'this machine and the reference target')
        .example(
          '$0 doctor -u 30000 --target https://chat.test/chat-ws --allow-target chat.test --tokens users.csv',
          'your deployment',
        ),
    handler: async (flags) => onExit(await examine(flags)),
  }
}

// --- internal ---

async function examine(flags: DoctorFlags): Promise<number> {
  const findings: MachineFinding[] = []
  const tell = (finding: MachineFinding): void => {
    findings.push(finding)
    process.stdout.write(`${SIGN[finding.state]} ${finding.name.padEnd(14)} ${finding.detail}\n`)
  }
  for (const finding of machineFindings(flags.users)) tell(finding)
  tell(await brokersFound())
  for (const finding of await targetFindings(flags)) tell(finding)
  const faults = findings.filter(({ state }) => state === 'fault')
  const [first] = faults
  process.stdout.write(
    first === undefined ? '\nReady.\n' : `\nNot ready: ${faults.map(({ name }) => name).join(', ')}.\n`,
  )
  return first === undefined ? EXIT.pass : EXIT.unreachable
}

const SIGN: Record<MachineFinding['state'], string> = { ok: '✓', note: '·', fault: '✗' }

async function brokersFound(): Promise<MachineFinding> {
  const isInstalled = findRabbitMqServer() !== undefined
  const hasDocker = await dockerAnswers()
  if (isInstalled || hasDocker) {
    const found = [
      isInstalled ? 'rabbitmq-server is installed' : '',
      hasDocker ? 'Docker answers' : '',
    ].filter(Boolean)
    return { name: 'RabbitMQ', state: 'ok', detail: `${found.join(', ')}: --broker rabbitmq works` }
  }
  return {
    name: 'RabbitMQ',
    state: 'note',
    detail:
      'neither rabbitmq-server nor Docker is here; only --broker embedded works (apt-get install rabbitmq-server)',
  }
}

async function targetFindings(flags: DoctorFlags): Promise<MachineFinding[]> {
  try {
    const world = {
      users: 2,
      firstUserId: flags['first-user'],
      rooms: [[flags['first-user'], flags['first-user'] + 1]],
    }
    const deployment = await openDeployment(
      flags,
      { url: undefined, stompUrl: undefined, allow: [] },
      () => world,
    )
    try {
      const steps = await probe({
        apiUrl: deployment.apiUrl,
        stomp: undefined,
        contract: loadContract(flags.contract),
        tokens: await openTokens(deployment.tokens),
        tls: deployment.tls,
        driver: flags.driver,
        flavour: flags.flavour ?? 'web',
        timeoutMs: 10_000,
        isAllowed: (url) => isAllowed(url, deployment.allowed),
        withMessage: true,
      })
      return steps.map(({ name, isOk, detail }) => ({ name, state: isOk ? 'ok' : 'fault', detail }))
    } finally {
      await deployment.close()
    }
  } catch (error) {
    if (!(error instanceof StompedeError)) throw error
    return [{ name: 'target', state: 'fault', detail: [reasonOf(error), ...error.problems].join('; ') }]
  }
}
