import { between, diffCalls, sayer, type ContractChange, type Side } from './contract-diff-calls.ts'
import { compileContract, requireSound } from './contract.ts'
import type { DocumentedEvent } from './contract-documents.ts'
import { isNode, openContractFiles, type ContractFiles, type Located } from './contract-files.ts'
import type { ChangeClass } from './schema-diff.ts'

/** What `stompede contract diff` says. */
export interface ContractDiff {
  readonly from: { readonly source: string; readonly digest: string }
  readonly to: { readonly source: string; readonly digest: string }
  readonly counts: Readonly<Record<ChangeClass, number>>
  /** Breaking ones first, then in the order of the documents. */
  readonly changes: readonly ContractChange[]
}

/**
 * What changed from one contract to another for clients written for the first: events and answers are read by them,
 * requests and parameters are written. Throws CONTRACT_INVALID when either cannot be loaded.
 */
export function diffContracts(from: string, to: string): ContractDiff {
  const [a, b] = [openSide(from), openSide(to)]
  const changes = [...diffEvents(a, b), ...diffCalls(a, b), ...diffConnection(a, b)]
  const counts = { breaking: 0, unclear: 0, 'non-breaking': 0 }
  for (const change of changes) counts[change.class]++
  const side = ({ files }: Side): ContractDiff['from'] => ({
    source: files.directory,
    digest: files.digest(),
  })
  const order = Object.keys(counts)
  return {
    from: side(a),
    to: side(b),
    counts,
    changes: changes.toSorted((x, y) => order.indexOf(x.class) - order.indexOf(y.class)),
  }
}

// --- internal ---

function openSide(directory: string): Side {
  const files = openContractFiles(directory)
  const { documented } = compileContract(files)
  requireSound(files)
  return { files, ...documented }
}

function diffEvents(a: Side, b: Side): ContractChange[] {
  const changes: ContractChange[] = []
  for (const event of a.events) {
    const where = `event ${event.type}`
    const say = sayer(changes, where)
    const now = b.events.find(({ type }) => type === event.type)
    if (now === undefined) {
      say(event.basis === 'guide' ? 'breaking' : 'unclear', 'event-removed', 'is no longer published')
      continue
    }
    const [was, is] = [addressesOf(event), addressesOf(now)]
    for (const address of was.keys())
      if (!is.has(address)) say('breaking', 'channel-removed', `no longer arrives on ${was.get(address)}`)
    for (const address of is.keys())
      if (!was.has(address)) say('unclear', 'channel-added', `also arrives on ${is.get(address)}`)
    changes.push(...between(a, b, where, [event, now], 'read'))
  }
  for (const { type } of b.events) {
    if (a.events.some((event) => event.type === type)) continue
    sayer(changes, `event ${type}`)('unclear', 'event-added', 'new event type: do clients pass over it?')
  }
  return changes
}

/** Addresses, by what they are whatever their parameters are called. */
function addressesOf({ addresses }: DocumentedEvent): Map<string, string> {
  return new Map(addresses.map((address) => [address.replaceAll(/\{[^}]*\}/g, '{}'), address]))
}

/** How clients get in: the servers with their credentials. A change may need nothing, or new code: a person must look. */
function diffConnection(a: Side, b: Side): ContractChange[] {
  const changes: ContractChange[] = []
  const say = sayer(changes, 'connection')
  for (const [file, ...keys] of CONNECTION) {
    const [was, is] = [factsOf(a.files, file, keys), factsOf(b.files, file, keys)]
    for (const pointer of new Set([...was.keys(), ...is.keys()])) {
      const [old, now] = [was.get(pointer), is.get(pointer)]
      if (old !== now)
        say(
          'unclear',
          'connection-changed',
          `${file}#/${keys.join('/')}${pointer}: ${old ?? 'absent'} → ${now ?? 'absent'}`,
        )
    }
  }
  return changes
}

const CONNECTION = [
  ['asyncapi.yaml', 'servers'],
  ['openapi.yaml', 'security'],
  ['openapi.yaml', 'components', 'securitySchemes'],
] as const

/** The leaves below a place, by pointer; words for readers and the addresses of examples are left out. */
function factsOf(files: ContractFiles, file: string, keys: readonly string[]): Map<string, string> {
  const facts = new Map<string, string>()
  const whole = files.open(file)
  const walk = (place: Located, pointer: string): void => {
    const target = files.follow(place)
    const value = target?.value
    if (target === undefined || value === undefined) return
    if (!isNode(value) && !Array.isArray(value)) {
      facts.set(pointer, JSON.stringify(value))
      return
    }
    if (Object.keys(value).length === 0) facts.set(pointer, Array.isArray(value) ? '[]' : '{}')
    for (const name of Object.keys(value)) {
      if (!WORDS.has(name)) walk(files.at(target, name), `${pointer}/${name}`)
    }
  }
  if (whole !== undefined) walk(files.at(whole, ...keys), '')
  return facts
}

const WORDS: ReadonlySet<string> = new Set(
  'description title summary host tags externalDocs bindings x-basis x-guide-section x-reason'.split(' '),
)
