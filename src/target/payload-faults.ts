import type { FaultName, FaultPlan } from './faults.ts'
import type { Room } from './world.ts'

/** The documented event of a chat message, in the guide's order of fields. */
export interface NewMessage {
  type: 'new_message'
  message: { id: number; content: string; message_type: string; sender_id: number; created_at: string }
  timestamp: string
}

/** The bytes to publish for a message, altered by the payload faults that are due. */
export type MessageEncoder = (event: NewMessage, room: Room) => Buffer

export function createMessageEncoder(plan: FaultPlan): MessageEncoder {
  const active = (Object.keys(PAYLOAD_FAULTS) as PayloadFault[]).flatMap((name) => {
    const fault = plan.switches[name]
    const alteration: PayloadAlteration = PAYLOAD_FAULTS[name]
    return fault === undefined ? [] : [{ ...alteration, fault }]
  })
  if (active.length === 0) return encode
  let previousId = 0
  return (event, room) => {
    const { id, sender_id: senderId } = event.message
    const draft: Draft = { ...event, message: { ...event.message } }
    const context = { event, room, previousId }
    let cutAt = 0
    let isSpoiled = false
    for (const { fits, alter, cuts, spoils, fault } of active) {
      if (fits?.(context) === false || !fault.isDue()) continue
      alter?.(draft, context)
      cutAt = cuts ?? cutAt
      isSpoiled ||= spoils === true
      fault.planted({ messageId: id, roomId: room.id, senderId })
    }
    previousId = id
    const bytes = encode(draft)
    if (isSpoiled) bytes.fill(0xff, bytes.lastIndexOf(SPOILT), bytes.lastIndexOf(SPOILT) + SPOILT.length)
    return cutAt === 0 ? bytes : bytes.subarray(0, bytes.length - cutAt)
  }
}

// --- internal ---

type PayloadFault = keyof typeof PAYLOAD_FAULTS

interface Draft {
  type: string
  message: Record<string, unknown>
  timestamp: string
}

interface Context {
  event: NewMessage
  room: Room
  previousId: number
}

interface PayloadAlteration {
  /** Whether a message is a candidate at all; every one where it is missing. */
  fits?: (context: Context) => boolean
  alter?: (draft: Draft, context: Context) => void
  /** Bytes to cut from the end of the JSON text. */
  cuts?: number
  /** Whether the bytes of `SPOILT` are to be made no UTF-8. */
  spoils?: true
}

const HOUR_MS = 3_600_000
const SPOILT = Buffer.from('ÿ')

const PAYLOAD_FAULTS = {
  malformed: { alter: ({ message }) => delete message['id'] },
  'null-field': { alter: ({ message }) => (message['content'] = null) },
  'wrong-type': { alter: ({ message }) => (message['id'] = String(message['id'])) },
  'extra-field': { alter: ({ message }) => (message['debug'] = true) },
  'unknown-type': { alter: (draft) => (draft.type = 'message_created') },
  'bad-timestamp': { alter: (draft) => (draft.timestamp = draft.timestamp.slice(0, 19).replace('T', ' ')) },
  'clock-off': {
    alter(draft, { event }) {
      draft.timestamp = anHourAfter(event.timestamp)
      draft.message['created_at'] = anHourAfter(event.message.created_at)
    },
  },
  'wrong-sender': {
    alter({ message }, { event, room }) {
      const senderId = event.message.sender_id
      message['sender_id'] = room.members.values().find((member) => member !== senderId) ?? senderId + 1
    },
  },
  'duplicate-id': {
    fits: ({ previousId }) => previousId > 0,
    alter: ({ message }, { previousId }) => (message['id'] = previousId),
  },
  'truncated-content': {
    fits: ({ event }) => event.message.content.length > 0,
    alter({ message }, { event }) {
      const characters = Array.from(event.message.content)
      message['content'] = characters.slice(0, Math.floor(characters.length / 2)).join('')
    },
  },
  'escaped-content': {
    fits: ({ event }) => MARKUP.test(event.message.content),
    alter: ({ message }, { event }) => (message['content'] = htmlEscape(event.message.content)),
  },
  mojibake: {
    fits: ({ event }) => NON_ASCII.test(event.message.content),
    alter: ({ message }, { event }) =>
      (message['content'] = Buffer.from(event.message.content).toString('latin1')),
  },
  'created-late': {
    alter({ message }, { event }) {
      message['created_at'] = new Date(Date.parse(event.timestamp) + 3_000).toISOString()
    },
  },
  'invalid-utf8': {
    fits: ({ event }) => event.message.content.length > 0,
    alter: ({ message }, { event }) =>
      (message['content'] = `${Array.from(event.message.content).slice(0, -1).join('')}${SPOILT.toString()}`),
    spoils: true,
  },
  'not-json': { cuts: 1 },
} satisfies Partial<Record<FaultName, PayloadAlteration>>

const MARKUP = /[&<>"]/
const NON_ASCII = /[^\0-\x7f]/

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function htmlEscape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}

function anHourAfter(timestamp: string): string {
  return new Date(Date.parse(timestamp) + HOUR_MS).toISOString()
}

function encode(event: NewMessage | Draft): Buffer {
  return Buffer.from(JSON.stringify(event))
}
