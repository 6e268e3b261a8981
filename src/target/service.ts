import { StompedeError } from '../errors.ts'
import { spanMs } from './span.ts'

/**
 * Takes as long over one send-message as the model says, and resolves. Timers are 1 ms coarse: what it really took is
 * in the journal.
 */
export type Service = () => Promise<void>

/**
 * Makes the service of `--service`. The n-th call gets the n-th draw of a generator, so the same text and seed draw the same
 * times again. Without `n=…` there is no queue; with `n=4 …` four servers share one FIFO queue.
 * @throws StompedeError USAGE that states the rule and the text.
 */
export function createService(text: string, seed = 1): Service {
  const { servers, drawMs } = readService(text, seed)
  const take = (): Promise<void> => {
    const ms = Math.min(drawMs(), LONGEST_MS)
    return new Promise((resolve) => setTimeout(resolve, ms))
  }
  return servers === undefined ? take : queued(servers, take)
}

/** The model of a `--service` text: how many servers (undefined: as many as calls), and the next draw in ms. */
export function readService(text: string, seed = 1): { servers: number | undefined; drawMs: () => number } {
  const [, servers, name = '', list = ''] =
    /^(?:n=([1-9]\d{0,5}) +)?([a-z]+)\(([^()]*)\)$/.exec(text.trim()) ?? []
  const model = Object.hasOwn(MODELS, name) ? MODELS[name as keyof typeof MODELS] : undefined
  const drawOf = model?.(list.split(',').map((part) => part.trim()))
  if (drawOf === undefined) {
    throw new StompedeError('USAGE', `--service must be ${RULE} (is ${JSON.stringify(text)})`)
  }
  const next = uniforms(seed)
  return { servers: servers === undefined ? undefined : Number(servers), drawMs: () => drawOf(next) }
}

// --- internal ---

const RULE =
  'constant(TIME), bimodal(TIME,TIME,SHARE OF THE SECOND), lognormal(MEDIAN,SIGMA) or pareto(MINIMUM,ALPHA ABOVE 1), ' +
  'times such as 5ms or 1.5s, with "n=4 " before it for four servers and a queue'

/** A draw in ms from uniforms in [0, 1). */
type Draw = (next: () => number) => number

/** Each reads its arguments; undefined when they are not what it wants. */
const MODELS = {
  constant(args: readonly string[]): Draw | undefined {
    const ms = spanMs(args[0] ?? '')
    return args.length !== 1 || ms === undefined ? undefined : () => ms
  },
  bimodal(args: readonly string[]): Draw | undefined {
    const [firstMs, secondMs] = [spanMs(args[0] ?? ''), spanMs(args[1] ?? '')]
    const share = numberOf(args[2])
    if (args.length !== 3 || firstMs === undefined || secondMs === undefined || !(share <= 1))
      return undefined
    return (next) => (next() < share ? secondMs : firstMs)
  },
  lognormal(args: readonly string[]): Draw | undefined {
    const medianMs = spanMs(args[0] ?? '')
    const sigma = numberOf(args[1])
    if (args.length !== 2 || medianMs === undefined || !(sigma <= 10)) return undefined
    // A standard normal deviate by the Box-Muller transform.
    return (next) => {
      const radius = Math.sqrt(-2 * Math.log(1 - next()))
      return medianMs * Math.exp(sigma * radius * Math.cos(2 * Math.PI * next()))
    }
  },
  /** Without a mean (alpha 1 and less) one call soon outweighs all others together. */
  pareto(args: readonly string[]): Draw | undefined {
    const minimumMs = spanMs(args[0] ?? '')
    const alpha = numberOf(args[1])
    if (args.length !== 2 || minimumMs === undefined || !(alpha > 1)) return undefined
    return (next) => minimumMs * (1 - next()) ** (-1 / alpha)
  },
}

/** What a heavy tail may draw at most; beyond 2³¹ ms a timer would fire at once. */
const LONGEST_MS = 3_600_000

/** NaN unless the text is a plain decimal number. */
function numberOf(text = ''): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
}

/** Uniform numbers in [0, 1) from a 32-bit xorshift (Marsaglia 2003, shifts 13, 17, 5). */
function uniforms(seed: number): () => number {
  // Mixed (splitmix32's finalizer), so that seeds 1, 2, 3 … do not begin alike; no state may be 0.
  let state = Math.imul(seed + 0x9e3779b9, 0x21f0aaad)
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97)
  state = state ^ (state >>> 15) || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4_294_967_296
  }
}

/** `servers` at work at a time; who comes when all are busy waits in line. */
function queued(servers: number, take: Service): Service {
  const line: (() => void)[] = []
  let busy = 0
  return async () => {
    if (busy < servers) busy++
    else await new Promise<void>((resolve) => line.push(resolve))
    await take()
    // The server passes to the first in line without ever being free.
    const first = line.shift()
    if (first === undefined) busy--
    else first()
  }
}
