import type { BrokerAccess } from './environment.ts'

/** Where the broker is by an answer of POST /connect, and which rooms it lists. */
export function readConnect(body: unknown): { access: BrokerAccess | undefined; rooms: number[] } {
  const { connectionInfo, subscriptions } = (body ?? {}) as {
    connectionInfo?: Record<string, unknown>
    subscriptions?: unknown
  }
  const rooms = (Array.isArray(subscriptions) ? (subscriptions as { roomId?: unknown }[]) : [])
    .map((each) => each?.roomId)
    .filter((id): id is number => typeof id === 'number')
  const { stompUrl, username, password, vhost } = connectionInfo ?? {}
  const fields = [stompUrl, username, password, vhost]
  if (!fields.every((field): field is string => typeof field === 'string') || !URL.canParse(fields[0] ?? ''))
    return { access: undefined, rooms }
  const [url = '', login = '', passcode = '', host = ''] = fields
  return { access: { url, login, passcode, vhost: host }, rooms }
}
