/** A fit of parameters to observations. */
export interface Fit {
  parameters: number[]
  /** Sum of the squares of what is left over. */
  squares: number
}

/**
 * The parameters near `start` for which the sum of squared residuals is least: Levenberg's and Marquardt's steps (Marquardt
 * 1963; Madsen, Nielsen & Tingleff, Methods for Non-Linear Least Squares Problems, 3.2), with differences for derivatives.
 */
export function leastSquares(
  residuals: (parameters: readonly number[]) => readonly number[],
  start: readonly number[],
): Fit {
  let parameters = [...start]
  let left = residuals(parameters)
  let squares = sumOfSquares(left)
  let damping = 1e-3
  for (let round = 0; round < MOST_ROUNDS && damping < 1e12; round++) {
    const slopes = parameters.map((_, i) => slope(residuals, parameters, i))
    const normal = slopes.map((a) => slopes.map((b) => dot(a, b)))
    const downhill = slopes.map((a) => -dot(a, left))
    // A parameter that nothing depends on here stays where it is.
    const damped = normal.map((row, i) =>
      row.map((value, j) => (i === j ? value * (1 + damping) + 1e-12 : value)),
    )
    const step = solve(damped, downhill)
    const tried = parameters.map(
      (value, i) => value + Math.max(-LONGEST_STEP, Math.min(LONGEST_STEP, step[i] as number)),
    )
    const triedLeft = residuals(tried)
    const triedSquares = sumOfSquares(triedLeft)
    if (!(triedSquares < squares)) {
      damping *= 8
      continue
    }
    const isSettled = squares - triedSquares <= 1e-12 * squares
    parameters = tried
    left = triedLeft
    squares = triedSquares
    damping = Math.max(damping / 8, 1e-9)
    if (isSettled) break
  }
  return { parameters, squares }
}

// --- internal ---

const MOST_ROUNDS = 100
/** Parameters are logarithms here: a step of 3 is a factor of 20. */
const LONGEST_STEP = 3
const DIFFERENCE = 1e-6

function slope(
  residuals: (parameters: readonly number[]) => readonly number[],
  parameters: readonly number[],
  index: number,
): number[] {
  const moved = (by: number): readonly number[] =>
    residuals(parameters.map((value, i) => (i === index ? value + by : value)))
  const below = moved(-DIFFERENCE)
  return moved(DIFFERENCE).map((value, i) => (value - (below[i] as number)) / (2 * DIFFERENCE))
}

function sumOfSquares(values: readonly number[]): number {
  return dot(values, values)
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
}

/** Gauss's elimination with pivots; a direction that nothing speaks for gets 0. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] as number])
  const size = rows.length
  for (let column = 0; column < size; column++) {
    const rest = rows.slice(column)
    const largest = rest.reduce((best, row) =>
      magnitude(row, column) > magnitude(best, column) ? row : best,
    )
    const at = rows.indexOf(largest)
    ;[rows[column], rows[at]] = [largest, rows[column] as number[]]
    for (const row of rows.slice(column + 1)) {
      const factor = (row[column] as number) / ((largest[column] as number) || 1)
      for (let i = column; i <= size; i++) row[i] = (row[i] as number) - factor * (largest[i] as number)
    }
  }
  const solution: number[] = Array.from({ length: size }, () => 0)
  for (let i = size - 1; i >= 0; i--) {
    const row = rows[i] as number[]
    let rest = row[size] as number
    for (let j = i + 1; j < size; j++) rest -= (row[j] as number) * (solution[j] as number)
    solution[i] = (row[i] as number) === 0 ? 0 : rest / (row[i] as number)
  }
  return solution
}

function magnitude(row: readonly number[], column: number): number {
  return Math.abs(row[column] as number)
}
