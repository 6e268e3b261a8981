/**
 * The closest values that never fall, by weighted squares: pool adjacent violators (Ayer et al. 1955). Without weights all count
 * the same.
 */
export function isotonic(values: readonly number[], weights?: readonly number[]): number[] {
  const blocks: { value: number; weight: number; size: number }[] = []
  values.forEach((value, i) => {
    let block = { value, weight: weights?.[i] ?? 1, size: 1 }
    for (let last = blocks.at(-1); last !== undefined && last.value > block.value; last = blocks.at(-1)) {
      const weight = last.weight + block.weight
      block = {
        value: (last.value * last.weight + block.value * block.weight) / weight,
        weight,
        size: last.size + block.size,
      }
      blocks.pop()
    }
    blocks.push(block)
  })
  return blocks.flatMap(({ value, size }) => Array.from({ length: size }, () => value))
}

/**
 * Where y first goes above a limit when it is made to never fall with x: between two levels ln y is taken as a straight line.
 * Points of one x are repeats. Null where it never does, and where it already has at the lowest level. Points without a finite x
 * and a y above 0 are left out.
 */
export function crossing(points: readonly { x: number; y: number }[], limit: number): number | null {
  const levels = levelsOf(points)
  const fit = isotonic(
    levels.map(({ logY }) => logY),
    levels.map(({ count }) => count),
  )
  const most = Math.log(limit)
  const above = fit.findIndex((value) => value > most)
  if (above <= 0) return null
  const [from, to] = [fit[above - 1] as number, fit[above] as number]
  const [left, right] = [(levels[above - 1] as Level).x, (levels[above] as Level).x]
  return left + ((right - left) * (most - from)) / (to - from)
}

// --- internal ---

interface Level {
  x: number
  /** Mean of ln y. */
  logY: number
  count: number
}

function levelsOf(points: readonly { x: number; y: number }[]): Level[] {
  const levels = new Map<number, Level>()
  for (const { x, y } of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y) || y <= 0) continue
    const level = levels.get(x) ?? { x, logY: 0, count: 0 }
    level.logY = (level.logY * level.count + Math.log(y)) / (level.count + 1)
    level.count += 1
    levels.set(x, level)
  }
  return [...levels.values()].toSorted((a, b) => a.x - b.x)
}
