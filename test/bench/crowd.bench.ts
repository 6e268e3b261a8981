/** What a user costs while it is brought up and while it stays: the whole product beside bare ws and undici. */
import { fileURLToPath } from 'node:url'
import { reasonOf } from '../../src/errors.ts'
import { planRooms } from '../../src/engine/plan.ts'
import { readScenario } from '../../src/scenario/read.ts'
import type { TargetReply, TargetRequest } from '../../src/target/process.ts'
import { DEFAULT_TARGET } from '../../src/target/server.ts'
import { cpuUsOf, note, startChild } from './child.ts'
import type { CrowdOrder, CrowdPoint, FromCrowd } from './crowd.ts'
import { type BenchRow, rowOf } from './row.ts'

/**
 * Memory of a user that is connected and subscribed to four destinations: what 10,000 need more than 1,000, divided by the
 * 9,000 between. Both sides sign their tokens as the users come.
 */
export async function memoryRows(rounds: number): Promise<BenchRow[]> {
  for (let round = 1; round <= rounds; round++)
    for (const users of [1_000, 10_000]) for (const side of SIDES) await heldCrowds(side, users, round)
  const perUser = (side: Side, figure: 'residentBytes' | 'liveBytes'): Promise<number> =>
    bytesPerUser(side, figure, 1_000, 10_000, rounds)
  return [
    rowOf(
      'live memory a connected, subscribed user, 10,000 users: run / bare ws',
      'bytes',
      await perUser('ours', 'liveBytes'),
      await perUser('bare', 'liveBytes'),
      { ratio: 2, ours: 24 * 1024 },
    ),
    // Without a limit: room that the heap had from before lets it grow by less than what is live.
    rowOf(
      'the same in resident memory: run / bare ws',
      'bytes',
      await perUser('ours', 'residentBytes'),
      await perUser('bare', 'residentBytes'),
    ),
  ]
}

/**
 * Processor time a user brought up: POST /connect, WebSocket, CONNECT, four SUBSCRIBEs with receipts, and the presence
 * events that come meanwhile. Cold, as runs begin, with the tokens at hand; and warm, from the 1,000th user to the last of
 * 10,000, heart-beats taken off, tokens signed by both sides.
 */
export async function bringUpRows(rounds: number): Promise<BenchRow[]> {
  const best: Record<Side, number> = { ours: Infinity, bare: Infinity }
  for (let round = 0; round < rounds; round++) {
    for (const side of SIDES) {
      const { points } = await onPace(side, {
        users: 2_000,
        perSecond: 400,
        holdS: 0,
        tokens: 'listed',
        sourceAddresses: [],
      })
      best[side] = Math.min(best[side], (points.at(-1)?.cpuUs ?? NaN) / 2_000)
    }
  }
  const warm = (side: Side): Promise<number> => climbUs(side, 10_000, 1_000, 10_000, rounds)
  return [
    rowOf(
      'CPU a user brought up, 2,000 in 5 s: run / bare ws + undici',
      'ns',
      best.ours * 1e3,
      best.bare * 1e3,
      {
        ratio: 1.5,
      },
    ),
    rowOf(
      'the same, the 1,000th to the 10,000th in 23 s: run / bare ws + undici',
      'ns',
      (await warm('ours')) * 1e3,
      (await warm('bare')) * 1e3,
    ),
  ]
}

/** What a user of a crowd of `most` costs over one of 1,000. */
export async function crowdScaleRows(
  most: number,
  rounds: number,
  wanted: BenchRow['wanted'],
): Promise<BenchRow[]> {
  return [
    rowOf(
      `live memory a user, ${count(most)} users / 10,000 users`,
      'bytes',
      await bytesPerUser('ours', 'liveBytes', 10_000, most, rounds),
      await bytesPerUser('ours', 'liveBytes', 1_000, 10_000, rounds),
      wanted,
    ),
    rowOf(
      `CPU a user brought up, the last 3,000 of ${count(most)} / the 1,000th to the 4,000th`,
      'ns',
      (await climbUs('ours', most, most - 3_000, most, rounds)) * 1e3,
      (await climbUs('ours', most, 1_000, 4_000, rounds)) * 1e3,
      wanted,
    ),
  ]
}

export function count(n: number): string {
  return n.toLocaleString('en')
}

// --- internal ---

type Side = 'ours' | 'bare'
const SIDES: readonly Side[] = ['ours', 'bare']

interface Crowd {
  points: CrowdPoint[]
  /** Processor time of the target while the crowd came up, as a share of one core. */
  targetShare: number
  held: Extract<FromCrowd, { kind: 'held' }> | undefined
}

/** What each user beyond `few` takes, by the smallest figure of each size. */
async function bytesPerUser(
  side: Side,
  figure: 'residentBytes' | 'liveBytes',
  few: number,
  many: number,
  rounds: number,
): Promise<number> {
  const least = async (users: number): Promise<number> =>
    Math.min(...(await heldCrowds(side, users, rounds)).map(({ held }) => held?.[figure] ?? NaN))
  return ((await least(many)) - (await least(few))) / (many - few)
}

/**
 * µs of processor time a user, between two heights of the climb, without what those who are up cost meanwhile; of the
 * cheapest round.
 */
async function climbUs(side: Side, users: number, from: number, to: number, rounds: number): Promise<number> {
  const climbs = (await heldCrowds(side, users, rounds)).map(({ points, held }) => {
    const [first, last] = [at(points, from), at(points, to)]
    const idleUs = (held?.idleCpuUsPerS ?? NaN) / users
    const userSeconds = ((from + to) / 2) * (last.atS - first.atS)
    return (last.cpuUs - first.cpuUs - idleUs * userSeconds) / (to - from)
  })
  return Math.min(...climbs)
}

/**
 * From 14,000 connections between two addresses on, half of the port range, the kernel spends more time on the search for a
 * free port than all else takes; nobody's users cost that much who come from several addresses (`--source-addresses`).
 */
const SOURCES = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']

/**
 * Has the C library give freed memory back at once. What compiling and starting left behind would be 40 MB more or less
 * between two runs of the same; 64 KiB, which Node asks for at every read, stay below the second limit.
 */
const GIVE_BACK = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
}

/** Several rows ask for the same crowds; as many are brought up as the row with the most rounds wants. */
const known = new Map<string, Crowd[]>()

async function heldCrowds(side: Side, users: number, rounds: number): Promise<Crowd[]> {
  const crowds = known.get(`${side} ${users}`) ?? []
  known.set(`${side} ${users}`, crowds)
  const order = { users, perSecond: 400, holdS: 8, tokens: 'minted', sourceAddresses: SOURCES } as const
  while (crowds.length < rounds) crowds.push(await onPace(side, order))
  return crowds
}

/** The climb at a number of users, between the two seconds around it. */
function at(points: readonly CrowdPoint[], users: number): CrowdPoint {
  const next = points.findIndex((point) => point.users >= users)
  const [a, b] = [points[next - 1] ?? { atS: 0, users: 0, cpuUs: 0 }, points[next]]
  if (b === undefined) throw new Error(`the crowd never had ${users} users`)
  const share = (users - a.users) / (b.users - a.users)
  return { atS: a.atS + share * (b.atS - a.atS), users, cpuUs: a.cpuUs + share * (b.cpuUs - a.cpuUs) }
}

/** A crowd that came up as fast as it should; a machine that stood still meanwhile gets two more tries. */
async function onPace(side: Side, order: Omit<CrowdOrder, 'kind' | 'apiUrl'>): Promise<Crowd> {
  const plannedS = order.users / order.perSecond
  for (let attempt = 1; ; attempt++) {
    try {
      const crowd = await bringUp(side, order)
      const { atS } = crowd.points.at(-1) as CrowdPoint
      // The tick that sees the last ones is up to a second later than they are. Off its pace a crowd hears other events.
      if (atS > plannedS * 1.04 + 1.2)
        throw new Error(`${count(order.users)} users took ${atS.toFixed(1)} s to come up, not ${plannedS} s`)
      if (crowd.targetShare > 0.9)
        throw new Error(`the target was busy to ${crowd.targetShare.toFixed(2)} of a core`)
      return crowd
    } catch (error) {
      if (attempt === 3) throw error
      note(`once more: ${reasonOf(error)}`)
    }
  }
}

/** Brings a crowd up against a target of its own, each in its own process. */
async function bringUp(side: Side, order: Omit<CrowdOrder, 'kind' | 'apiUrl'>): Promise<Crowd> {
  const target = startChild<TargetRequest, TargetReply>('../../src/target/process.ts')
  const crowd = startChild<CrowdOrder, FromCrowd>(`crowd-${side}.ts`, {
    nodeArgs: ['--expose-gc'],
    env: order.holdS > 0 ? GIVE_BACK : {},
  })
  try {
    target.send({ kind: 'start', options: { ...DEFAULT_TARGET, world: await worldOf(order.users) } })
    const { address } = await target.next('ready')
    await crowd.next('ready')
    const beforeUs = cpuUsOf(target.pid)
    crowd.send({ kind: 'bring-up', apiUrl: address.apiUrl, ...order })
    const { points, deliveries, failure } = await crowd.next('up')
    if (failure !== undefined) throw new Error(`users of a ${side} crowd failed to come up: ${failure}`)
    const targetShare = (cpuUsOf(target.pid) - beforeUs) / 1e6 / (points.at(-1)?.atS ?? 1)
    const held = order.holdS > 0 ? await crowd.next('held') : undefined
    const { cpuUs, atS } = points.at(-1) as CrowdPoint
    note(
      `${side}, ${order.users} users in ${atS.toFixed(1)} s: ${(cpuUs / order.users).toFixed(0)} µs and ` +
        `${(deliveries / order.users).toFixed(1)} deliveries each; target ${(100 * targetShare).toFixed(0)} % of a core` +
        (held === undefined
          ? ''
          : `; resident ${(held.residentBytes / 1e6).toFixed(1)} MB, live ${(held.liveBytes / 1e6).toFixed(1)} MB, idle ${(held.idleCpuUsPerS / 1e3).toFixed(1)} ms/s`),
    )
    return { points, held, targetShare }
  } finally {
    await crowd.stop()
    await target.stop()
  }
}

async function worldOf(users: number) {
  const file = fileURLToPath(new URL('crowd.scenario.ts', import.meta.url))
  const scenario = await readScenario(file, { env: { USERS: String(users) }, tags: {} })
  const rooms = planRooms(scenario, 1).map((members) => Array.from(members, (user) => 1 + user))
  return { users, firstUserId: 1, rooms }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of [...(await bringUpRows(1)), ...(await memoryRows(1))])
    process.stdout.write(`${JSON.stringify(row)}\n`)
}
