import type { DecoderOptions } from '../stomp/frame.ts'
import type { Deviation } from './rule.ts'

// What each broker version is known to do differently, with its source. Pins that hold for several versions are listed
// once and shared.

/** One way in which a broker version is known to differ. While it does, the rule is NON-STRICT instead of FAIL. */
export interface Pin {
  readonly rule: string
  /** Only this way of failing is excused; any other is new and stays a FAIL. */
  readonly deviation: Deviation
  /** What is seen, in one sentence. */
  readonly seen: string
  /** Where that is established: a measurement, a line of the broker's source, an issue. */
  readonly source: string
}

export interface ProfileData {
  readonly pins: readonly Pin[]
  /** Where this version's frames need a lenient reader. */
  readonly decoder: DecoderOptions
}

/** Most ERRORs leave the connection open, in every version up to 4.x. */
const STAYS_OPEN: readonly Pin[] = [
  {
    rule: 'STOMP-CONNECT-05',
    deviation: 'error-without-close',
    seen: 'after a refused CONNECT the connection stays open, and a second CONNECT on it succeeds',
    source: 'measured on 3.10.8; rabbitmq-server#2410',
  },
]

/** Over WebSocket, up to 3.10.13: the connection is closed before the last frame is out. */
const LAST_FRAME_LOST: readonly Pin[] = [
  {
    rule: 'STOMP-SUB-06',
    deviation: 'close-without-error',
    seen: 'a fatal ERROR never arrives; the connection is closed with 1000 "STOMP died"',
    source: 'measured on 3.10.8; rabbitmq-server#6737',
  },
  {
    rule: 'STOMP-DISC-01',
    deviation: 'no-receipt',
    seen: 'the RECEIPT of DISCONNECT never arrives; the connection is closed with 1000 "STOMP died"',
    source: 'measured on 3.10.8; rabbitmq-server#6737',
  },
]

/** Up to 4.3.5 a SUBSCRIBE that failed is answered with ERROR and then with its RECEIPT. */
const RECEIPT_AFTER_ERROR: readonly Pin[] = [
  {
    rule: 'STOMP-SUB-06',
    deviation: 'receipt-after-error',
    seen: 'ERROR, then the RECEIPT of the frame that failed, then the close',
    source: 'measured on 3.10.8 over TCP; the same call in rabbit_stomp_processor up to 4.3.5',
  },
]

/** By name; `strict` is STOMP 1.2 and nothing else. */
export const PROFILES = {
  strict: { pins: [], decoder: {} },
  'rabbitmq-3.10': { pins: [...STAYS_OPEN, ...LAST_FRAME_LOST], decoder: {} },
  'rabbitmq-3.12': { pins: [...STAYS_OPEN, ...RECEIPT_AFTER_ERROR], decoder: {} },
  'rabbitmq-4': { pins: [...STAYS_OPEN, ...RECEIPT_AFTER_ERROR], decoder: {} },
} as const satisfies Record<string, ProfileData>
