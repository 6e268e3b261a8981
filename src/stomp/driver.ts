import type { DriverName, StompClient, StompHandlers, StompOptions } from './client.ts'
import { LeanClient } from './lean.ts'
import { StompjsClient } from './stompjs.ts'

/** The drivers by name: `lean` for load and strict checks, `stompjs` for what a real client library sees. */
const DRIVERS: Readonly<
  Record<DriverName, new (options: StompOptions, handlers: StompHandlers) => StompClient>
> = { lean: LeanClient, stompjs: StompjsClient }

/** A client that has not connected yet. */
export function createStompClient(
  driver: DriverName,
  options: StompOptions,
  handlers: StompHandlers,
): StompClient {
  return new DRIVERS[driver](options, handlers)
}
