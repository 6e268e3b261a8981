import { StompedeError } from '../../errors.ts'
import type { DeploymentFlags, NamedDeployment } from '../run/deployment.ts'
import { shownSide, sideKind, withoutSecrets } from './secrets.ts'

/** One side of a comparison, as the command line names it. */
export interface Side {
  /** `A` or `B`. */
  name: string
  /** For people and reports; without secrets, and of a start command no more than its program. */
  source: string
  /** The flags to open it with: those of the command line with its own in place. */
  flags: DeploymentFlags
  /** The shell command that starts it; undefined for what is there already and for the reference target. */
  command: string | undefined
  /** It is the reference target, whatever the scenario names. */
  isReference: boolean
}

/**
 * Reads a side: a URL, `target` with flags of the reference target, or else a command for the shell. Without a text it is what
 * `stompede run` would talk to: what the flags name, or the scenario, or else the reference target. Throws USAGE.
 */
export function readSide(
  name: string,
  text: string | undefined,
  flags: DeploymentFlags,
  named: Pick<NamedDeployment, 'url' | 'stompUrl'>,
): Side {
  const side = { name, flags, command: undefined, isReference: false }
  if (text === undefined) {
    const url = flags.target ?? named.url ?? named.stompUrl
    return { ...side, source: url === undefined ? 'the reference target' : withoutSecrets(url) }
  }
  const written = text.trim()
  const source = shownSide(written)
  const kind = sideKind(written)
  if (kind === 'url') return { ...side, source, flags: { ...flags, target: written } }
  if (kind === 'command') return { ...side, source, command: written }
  const own = referenceFlags(name, written)
  return { ...side, source, flags: { ...flags, ...own, target: undefined }, isReference: true }
}

// --- internal ---

/** Flags of the reference target that may be a side's own. */
const OWN_FLAGS = ['service', 'freeze', 'broker', 'rabbitmq', 'fault'] as const

type OwnFlags = Partial<Pick<DeploymentFlags, (typeof OWN_FLAGS)[number]>>

function referenceFlags(side: string, text: string): OwnFlags {
  const refuse = (why: string): never => {
    throw new StompedeError(
      'USAGE',
      `--${side.toLowerCase()}: ${why}; "target" takes ${OWN_FLAGS.map((flag) => `--${flag}`).join(', ')}, and a command of that name is written with its path`,
    )
  }
  const own: Record<string, string | string[]> = {}
  const words = wordsOf(text).slice(1)
  for (let i = 0; i < words.length; i++) {
    const [, name = '', attached] = /^--(\w+)(?:=(.*))?$/s.exec(words[i] ?? '') ?? []
    const value = attached ?? words[++i]
    if (!(OWN_FLAGS as readonly string[]).includes(name))
      refuse(`${JSON.stringify(words[attached === undefined ? i - 1 : i])} is not known`)
    else if (value === undefined || value === '') refuse(`--${name} needs a value`)
    else if (name === 'fault') own[name] = [...((own[name] as string[] | undefined) ?? []), value]
    else own[name] = value
  }
  // What a value may be is checked by the target itself when it starts.
  return own
}

/** The words of a text as a shell would part them; quotes keep together. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  )
}
