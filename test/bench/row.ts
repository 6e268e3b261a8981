/** One comparison: nanoseconds an operation, ours and the other side's, measured in the same run. */
export interface BenchRow {
  name: string
  oursNs: number
  theirsNs: number
  ratio: number
}
