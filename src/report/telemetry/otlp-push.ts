import { reasonOf } from '../../errors.ts'
import type { LiveState } from './live-families.ts'
import { otlpPayload } from './otlp-payload.ts'
import type { Exporter } from './snapshot.ts'

/** How pushing went. */
export interface PushCount {
  pushed: number
  failed: number
}

export interface PushOptions {
  /** The whole address, with its path. */
  url: string
  /** May hold secrets: they go out, and into no message. */
  headers: Readonly<Record<string, string>>
  everySeconds: number
  /** After so long a push is given up. */
  timeoutMs: number
  /** Hears of the first push that fails, and at the end of how many did. */
  warn: (line: string) => void
}

/**
 * Pushes a run to an OTLP/HTTP receiver as JSON: every few seconds, and a last time at its end. A push that fails is not repeated,
 * since the next one has everything; one at a time is on its way.
 */
export function pushOtlp(options: PushOptions): Exporter & { count: PushCount } {
  const { everySeconds, warn } = options
  const state: LiveState = {}
  const count: PushCount = { pushed: 0, failed: 0 }
  let isPushing = false
  let last = Promise.resolve()
  const push = async (): Promise<void> => {
    const { identity } = state
    if (identity === undefined) return
    isPushing = true
    const failure = await post(options, () => JSON.stringify(otlpPayload({ ...state, identity }, Date.now())))
    isPushing = false
    count.pushed++
    if (failure === undefined) return
    count.failed++
    if (count.failed === 1)
      warn(`--otlp: a push to ${shown(options.url)} failed (${failure}): the run goes on`)
  }
  return {
    count,
    started: (identity) => {
      state.identity = identity
    },
    second: (snapshot) => {
      state.snapshot = snapshot
      if (snapshot.second % everySeconds === 0 && !isPushing) last = push()
    },
    ended: (exitCode) => {
      state.exitCode = exitCode
      // What is on its way has older figures; the last push must not arrive before it.
      last = last.then(push)
    },
    close: async () => {
      await last
      if (count.failed > 1) warn(`--otlp: ${count.failed} of ${count.pushed} pushes failed`)
    },
  }
}

// --- internal ---

const MOST_ANSWER = 4_000

/** One push; returns why it failed, undefined when it did not. */
async function post(
  { url, headers, timeoutMs }: PushOptions,
  body: () => string,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: body(),
      headers: { ...headers, 'content-type': 'application/json' },
      // To follow would be to hand the headers on.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await answerOf(response)
    if (!response.ok) return `status ${response.status}`
    return refusedIn(text)
  } catch (error) {
    const { cause } = error as { cause?: unknown }
    return reasonOf(cause ?? error)
  }
}

/** As much of an answer as is of interest; what never ends is cut off. */
async function answerOf({ body }: Response): Promise<string> {
  if (body === null) return ''
  let text = ''
  const decoder = new TextDecoder()
  for await (const part of body) {
    text += decoder.decode(part as Uint8Array, { stream: true })
    if (text.length > MOST_ANSWER) break
  }
  return text
}

/** A receiver may accept a push and say that it took only a part of it (ExportMetricsPartialSuccess). */
function refusedIn(answer: string): string | undefined {
  try {
    const { partialSuccess } = JSON.parse(answer) as {
      partialSuccess?: { rejectedDataPoints?: unknown }
    }
    const refused = Number(partialSuccess?.rejectedDataPoints ?? 0)
    return refused > 0 ? `${refused} data points were refused` : undefined
  } catch {
    // An empty answer, or one in protobuf, says that all is well.
    return undefined
  }
}

/** An address without what a query may hold. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
