/** The sections of the catalogue by their ids, in the order of reports, each with its name for people. */
export const SECTIONS = {
  'http-authentication': 'HTTP: authentication',
  'http-connection': 'HTTP: connect and disconnect',
  'http-rooms': 'HTTP: send, type, join, leave',
  websocket: 'WebSocket',
  stomp: 'STOMP',
  events: 'Events',
  delivery: 'Delivery, order and membership',
  isolation: 'Isolation and security',
  harness: 'The harness itself',
} as const

/** The name of a section for people; of a later version's section its id. */
export function sectionName(id: string): string {
  return (SECTIONS as Readonly<Record<string, string>>)[id] ?? id
}
