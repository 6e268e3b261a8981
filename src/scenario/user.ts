/**
 * What an activity sees of the user that performs it. Activities are async functions over it; whatever they throw
 * ends this iteration, is counted, and is shown with its first occurrence.
 */
export interface ChatUser {
  /** Plan index, 0 …. */
  readonly index: number
  /** Id in the deployment. */
  readonly userId: number
  /** Rooms the user is subscribed to now. */
  readonly rooms: readonly number[]
  /** Uniform in [0, 1), seeded by the plan. */
  random(): number
  /** One of the user's rooms, seeded; undefined when it has none. */
  pickRoom(): number | undefined
  /** A room of this run that the user is not in, seeded; undefined when it is in all. */
  pickOtherRoom(): number | undefined
  /**
   * Waits so many milliseconds of planned time: measured from where the plan is, not from when the last step ended,
   * so that a slow answer does not push the next step (coordinated omission).
   */
  pause(ms: number): Promise<void>
  /** Types (unless told not to) for as long as the text takes, then sends it by the API. */
  say(room: number, options?: { length?: number; typing?: boolean }): Promise<void>
  /** typing-start, a pause, typing-end; no message. */
  type(room: number, ms: number): Promise<void>
  /** POST /leave-room, UNSUBSCRIBE. */
  leave(room: number): Promise<void>
  /** POST /join-room, SUBSCRIBE to what it answers. */
  join(room: number): Promise<void>
  /** Loses the connection without a goodbye, stays away, comes back and subscribes again. */
  reconnect(awayMs?: number): Promise<void>
  /** Stops and resumes reading from the socket. */
  pauseReading(): void
  resumeReading(): void
  readonly stomp: RawStomp
}

/** Raw STOMP over the user's session, for applications that are not this chat. */
export interface RawStomp {
  /** Subscribes and resolves at the RECEIPT. `onBody` hears every MESSAGE of it. */
  subscribe(destination: string, onBody?: (body: string) => void): Promise<string>
  unsubscribe(id: string): Promise<void>
  /** SEND; resolves at its RECEIPT. */
  send(destination: string, body: string, headers?: Readonly<Record<string, string>>): Promise<void>
}

export type Activity = (user: ChatUser) => Promise<void>
