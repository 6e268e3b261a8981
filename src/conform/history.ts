import type { Contract } from '../chat/contract.ts'
import type { State } from '../measure/conformance.ts'
import type { HeaderPairs } from '../stomp/frame.ts'

/** The recorded history of a gate, beside its result. */
export const HISTORY_FILE = 'history.ndjson'

/** One line of `history.ndjson`. Moments are ms on the clock of the gate. */
export type HistoryEvent =
  | GateEvent
  | CaseEvent
  | JudgedEvent
  | ControlEvent
  | CallEvent
  | OpenedEvent
  | ClosedEvent
  | FrameEvent
  | LoopEvent

/** The first line: what judging again must know. */
export interface GateEvent {
  kind: 'gate'
  version: 1
  startedAt: string
  seed: number
  /** Marks the contents that this gate sent; others are other people's. */
  runCode: string
  /** Digest of the contract it was judged by. */
  contract: string
  profile: string
  /** How long a delivery was waited for. */
  patienceMs: number
  /** The reference target: senders receive their own messages. */
  isOwn: boolean
  /** The rooms of each user before the first case, by user id. */
  members: Readonly<Record<string, readonly number[]>>
}

export interface CaseEvent {
  kind: 'case'
  atMs: number
  id: string
  isNegative: boolean
}

/** The end of a case: everything it opened is closed. */
export interface JudgedEvent {
  kind: 'judged'
  atMs: number
  id: string
  state: Exclude<State, 'XFAIL' | 'XPASS'>
  /** What the check itself said, before its silence was held to a control. */
  said?: Exclude<State, 'XFAIL' | 'XPASS'>
}

/** A positive control: something legal that had to be seen for a silence to mean anything. */
export interface ControlEvent {
  kind: 'control'
  atMs: number
  case: string
  stood: boolean
  text: string
}

/** One request to the chat's API, written when it was answered. */
export interface CallEvent {
  kind: 'call'
  case: string
  actor: string
  userId: number
  /** Which of the seven, where it was one. */
  call: string
  method: string
  sentMs: number
  doneMs: number
  request: string
  /** The room in the path, where the call has one there. */
  roomId: number | null
  /** 0: no answer. */
  status: number
  contentType: string
  answer: string
}

export interface OpenedEvent {
  kind: 'opened'
  atMs: number
  case: string
  /** Unique in the gate. */
  connection: string
  /** Whose it is; null for a bare connection. */
  userId: number | null
}

export interface ClosedEvent {
  kind: 'closed'
  atMs: number
  connection: string
  code: number
  /** We ended it. */
  isOurs: boolean
  /** The bytes were no STOMP frame, and why. */
  fault: string | null
}

export interface FrameEvent {
  kind: 'frame'
  atMs: number
  connection: string
  direction: 'in' | 'out'
  command: string
  headers: HeaderPairs
  body: string
  /** Only where the octets of the body were none: U+FFFD stands in `body` for what could not be read. */
  isUtf8?: false
}

/** How late the event loop of the checker was, written when all active cases were done. */
export interface LoopEvent {
  kind: 'loop'
  atMs: number
  /** 99 of 100 samples were no later, and how late they may be. */
  p99Ms: number
  limitMs: number
}

/** What a gate did and saw from its beginning to its end: what passive rules judge. */
export interface History {
  readonly events: readonly HistoryEvent[]
  /** What its payloads are held to. */
  readonly contract: Contract
}
