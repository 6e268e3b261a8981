/**
 * p-values made fit to be looked at together, in the order given (Holm 1979): where those below alpha are taken, the chance of
 * one wrong among all of them is at most alpha.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).toSorted((i, j) => (pValues[i] as number) - (pValues[j] as number))
  const adjusted = pValues.map(() => 0)
  let largest = 0
  order.forEach((i, place) => {
    largest = Math.max(largest, Math.min(1, (pValues[i] as number) * (order.length - place)))
    adjusted[i] = largest
  })
  return adjusted
}
