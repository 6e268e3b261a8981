import { frameWords, type Received } from '../received.ts'
import type { Stage } from '../stage.ts'
import { endWords } from '../subscription.ts'
import { unmet } from '../unmet.ts'
import type { Wire } from '../wire.ts'

/** A bare connection on which nothing was sent; that it opens at all is for the WebSocket rules to say. */
export async function openedWire(stage: Stage, name: string): Promise<Wire> {
  const wire = await stage.wire(name)
  if (!wire.wasOpened) throw unmet(`the WebSocket did not open: ${wire.end?.error ?? endWords(wire)}`)
  return wire
}

/** The answer to a CONNECT. */
export function isAnswer({ command }: Received): boolean {
  return command === 'CONNECTED' || command === 'ERROR'
}

/** What came, or that nothing did. */
export function answerWords(wire: Wire, answer: Received | undefined): string {
  return answer === undefined ? endWords(wire) : frameWords(answer)
}
