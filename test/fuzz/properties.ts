import fc from 'fast-check'
import { anyCase, anyDelivery, bytesOf, frameOf, inPieces, mutated } from './cases.ts'
import { checkEnd, checkLaws, demand } from './laws.ts'
import { FedClient, type Plant, type ReceiveWorld, receiveWorld, settle } from './world.ts'

/** A statement about the receive path, for inputs of a kind. */
export interface FuzzProperty {
  name: string
  /** Looks for an input for which it does not hold. `plant` is for the tests of the fuzz itself. */
  check(plant: Plant, parameters: fc.Parameters<unknown>, onCase: () => void): Promise<Found>
}

/** What a search found: the fault and the input it was found with, none when there is no path to one. */
export interface Found {
  runs: number
  path: string | null
  input: unknown
  error: string
}

/** A property of every input of the arbitrary: the predicate throws where it does not hold. */
export function newProperty<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  predicate: (input: T, plant: Plant) => Promise<void>,
): FuzzProperty {
  return {
    name,
    check: async (plant, parameters, onCase) => {
      const property = fc.asyncProperty(inputs, async (input) => {
        onCase()
        await predicate(input, plant)
      })
      const { numRuns, counterexamplePath, counterexample, errorInstance } = await fc.check(
        property,
        parameters as fc.Parameters<[T]>,
      )
      return {
        runs: numRuns,
        path: counterexamplePath,
        input: counterexample?.[0],
        error: String(errorInstance),
      }
    },
  }
}

function fedWorld(plant: Plant): Promise<ReceiveWorld> {
  return receiveWorld((handlers, options) => new FedClient(options, handlers, plant), plant)
}

/** Feeds the pieces to the connection that is open at the beginning, until it is gone. */
async function feed(world: ReceiveWorld, pieces: Iterable<Buffer>): Promise<void> {
  const client = world.client() as FedClient
  for (const piece of pieces) {
    client.feed(piece)
    if (world.client() !== client || !world.session.isUp) break
  }
  await settle()
}

/** Everything that can be seen of a world after a case, but for times. */
function shapeOf(world: ReceiveWorld): string {
  const { rules, errors } = world.findings.encode()
  return JSON.stringify([
    world.metrics.counters,
    [...world.metrics.labelled],
    rules.map(({ rule, detail, count, examples }) => [rule, detail, count, examples.map((e) => e.payload)]),
    errors.map((error) => [error.class, error.count, error.example]),
  ])
}

/** Where two shapes part, in few words. */
function difference(whole: string, pieces: string): string {
  let at = 0
  while (whole[at] === pieces[at] && at < whole.length) at++
  const around = (shape: string): string => shape.slice(Math.max(0, at - 60), at + 120)
  return `pieces change nothing: in one piece ${around(whole)}, in several ${around(pieces)}`
}

/** Whatever comes, the laws hold, and a new connection works as if nothing had been. */
const survives = newProperty('hostile bytes', anyCase, async ({ steps, mutations, pieces }, plant) => {
  const world = await fedWorld(plant)
  const bodies: string[] = []
  const noting: ReceiveWorld = {
    ...world,
    publish: (sender) => {
      const body = world.publish(sender)
      bodies.push(body)
      return body
    },
  }
  await feed(world, inPieces(mutated(bytesOf(noting, steps), mutations), pieces))
  checkLaws(world)
  // A frame that never ended would swallow what comes now: the connection is lost, as it is in the end.
  ;(world.client() as FedClient).hangUp(1006)
  await settle()
  demand(world.session.isUp, 'the user is back after a loss')
  await feed(world, [Buffer.concat(bodies.map((body, n) => frameOf(body, n)))])
  checkLaws(world)
  demand(world.session.isUp, 'genuine frames do not cost the connection')
  checkEnd(world)
  const { counters } = world.metrics
  demand(counters.deliveries_lost === 0, 'what arrived in the end is not lost')
  demand(counters.deliveries_gap_lost === 0, 'what arrived in the end is not lost in a gap')
  await world.session.leave()
  checkLaws(world)
})

/** How bytes are cut into pieces changes nothing. */
const splits = newProperty(
  'the same bytes in other pieces',
  anyCase,
  async ({ steps, mutations, pieces }, plant) => {
    const shapes: string[] = []
    let bytes: Buffer | undefined
    for (const sizes of [[1 << 22], pieces, [1]]) {
      const world = await fedWorld(plant)
      // Bodies hold the moment of their sending: the first world's are fed to all.
      const own = mutated(bytesOf(world, steps), mutations)
      bytes ??= own
      if (sizes[0] === 1 && bytes.length > 4_000) continue
      await feed(world, inPieces(bytes, sizes))
      checkLaws(world)
      shapes.push(shapeOf(world))
    }
    for (const shape of shapes) demand(shape === shapes[0], difference(shapes[0] as string, shape))
  },
)

/** Whole deliveries that are lost, repeated and swapped are counted, each for what it is. */
const counts = newProperty(
  'deliveries lost, repeated, swapped',
  anyDelivery,
  async ({ senders, arrivals, pieces }, plant) => {
    const world = await fedWorld(plant)
    const bodies = senders.map((sender) => world.publish(sender))
    const known = arrivals.filter((index) => index < bodies.length)
    await feed(
      world,
      inPieces(Buffer.concat(known.map((index, n) => frameOf(bodies[index] as string, n))), pieces),
    )
    checkEnd(world)
    const first = new Set<number>()
    const high = new Map<number, number>()
    let duplicated = 0
    let reordered = 0
    for (const index of known) {
      const sender = senders[index] as number
      if (first.has(index)) duplicated++
      else if (index < (high.get(sender) ?? -1)) reordered++
      first.add(index)
      high.set(sender, Math.max(index, high.get(sender) ?? -1))
    }
    const c = world.metrics.counters
    const told = [c.deliveries_received, c.deliveries_duplicated, c.deliveries_reordered, c.deliveries_lost]
    const truth = [first.size, duplicated, reordered, bodies.length - first.size]
    demand(
      told.join() === truth.join(),
      `received, duplicated, reordered, lost: ${told.join()} for ${truth.join()}`,
    )
    demand(c.contract_violations === 0, 'genuine deliveries break no rule')
  },
)

export const PROPERTIES: readonly FuzzProperty[] = [survives, splits, counts]
