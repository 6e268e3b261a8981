import { hits, type FaultPlan } from './faults.ts'

/** Where the embedded broker asks whether its WebSocket is to misbehave. */
export interface SocketFaults {
  /** The subprotocol to answer with, where `agreed` is what is right. */
  subprotocol(agreed: string | false): string | false
  /** Whether `ws` is to answer pings by itself. */
  readonly answersPings: boolean
  /** Whether this ping is to be answered; asked only where `ws` does not. */
  answersPing(): boolean
  /** What of a message is to be read. */
  read(bytes: Buffer): Buffer
}

export function createSocketFaults({ switches }: FaultPlan): SocketFaults {
  const { 'split-frame-lost': splitLost, 'second-frame-lost': secondLost } = switches
  const isFaulty = splitLost !== undefined || secondLost !== undefined
  return {
    subprotocol: (agreed) =>
      hits(switches['wrong-subprotocol'], { agreed: String(agreed) }) ? 'v09.stomp' : agreed,
    answersPings: switches['no-pong'] === undefined,
    answersPing: () => !hits(switches['no-pong'], {}),
    read(bytes) {
      if (!isFaulty) return bytes
      const end = bytes.indexOf(0)
      const detail = { bytes: bytes.length }
      if (end < 0) return HAS_TEXT.test(bytes.toString('latin1')) && hits(splitLost, detail) ? NOTHING : bytes
      const rest = bytes.subarray(end + 1).toString('latin1')
      return HAS_TEXT.test(rest) && hits(secondLost, detail) ? bytes.subarray(0, end + 1) : bytes
    },
  }
}

// --- internal ---

const NOTHING = Buffer.alloc(0)
/** Anything but the EOLs of heart-beats and between frames. */
const HAS_TEXT = /[^\r\n]/
