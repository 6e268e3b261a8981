/** What 20,000 users cost over 1,000, each: a delivery, a user brought up, a user held. */
import { mostFiles } from './child.ts'
import { count, crowdScaleRows } from './crowd.bench.ts'
import { cheapest } from './receive.bench.ts'
import { type BenchRow, rowOf } from './row.ts'

/** Where a process may not open enough files, the rows are measured as far as it may and say so. */
export async function scaleRows(rounds: number): Promise<BenchRow[]> {
  const files = await mostFiles()
  const most = Math.min(USERS, Math.floor((files - SPARE_FILES) / 1_000) * 1_000)
  const short =
    most < USERS
      ? `${count(USERS)} users need ${count(USERS + SPARE_FILES)} open files a process; here it is ${count(files)}`
      : undefined
  const rows = [...(await deliveryScaleRows(most, rounds)), ...(await crowdScaleRows(most, rounds, WANTED))]
  return short === undefined ? rows : rows.map((row) => ({ ...row, short }))
}

// --- internal ---

const USERS = 20_000
/** For the connections of the API (2,048 at most) and what a process has open anyway. */
const SPARE_FILES = 2_500
const WANTED = { ratio: 1.25 }

/** Rooms of 10, with equally many messages on their way at once. */
async function deliveryScaleRows(most: number, rounds: number): Promise<BenchRow[]> {
  const tens = { roomsPerSocket: 1, roomSize: 10, framesPerWrite: 1 }
  const best = { most: Infinity, few: Infinity }
  for (let round = 0; round < rounds; round++) {
    const few = await cheapest(['lean'], { ...tens, sockets: 1_000, messagesPerRoom: most / 200 }, 1)
    const many = await cheapest(['lean'], { ...tens, sockets: most, messagesPerRoom: 5 }, 1)
    best.few = Math.min(best.few, few.lean)
    best.most = Math.min(best.most, many.lean)
  }
  return [rowOf(`CPU a delivery, ${count(most)} sockets / 1,000 sockets`, 'ns', best.most, best.few, WANTED)]
}
