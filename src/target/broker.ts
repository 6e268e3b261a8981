/** The broker behind the reference target, as the HTTP API sees it. */
export interface Broker {
  /** Where clients open their STOMP session. */
  readonly stompUrl: string
  /** What a user logs in with; in the documented design the same for all. */
  credentialsOf(userId: number): {
    readonly username: string
    readonly password: string
    readonly vhost: string
  }
  readonly info: BrokerInfo
  /**
   * Publishes JSON to the direct exchange `chat.direct`. Resolves when the broker has confirmed it; rejects with
   * BrokerDown when it cannot or did not.
   */
  publish(key: string, body: Buffer): Promise<void>
  close(): Promise<void>
}

export interface BrokerInfo {
  /** As the broker names itself, e.g. `RabbitMQ`. */
  readonly name: string
  readonly version: string
  /** Its process, when it is one of its own that we started on this machine. */
  readonly pid?: number
  readonly managementUrl?: string
}

/** The exchange of the guide. */
export const EXCHANGE = 'chat.direct'

/** The broker does not take messages now. Whether the one at hand was delivered is unknown. */
export class BrokerDown extends Error {
  override readonly name = 'BrokerDown'
}
