/** Who is subscribed to what, and how much is sent, in the receive benchmark. Pure: both processes work it out alike. */
export interface Traffic {
  sockets: number
  /** Subscriptions of a socket; subscription `s2` is its room of the third layer. */
  roomsPerSocket: number
  /** Members of a room. */
  roomSize: number
  /** Each with a body of its own, from one sender a room. */
  messagesPerRoom: number
  /** How many frames the peer writes to a socket at once. */
  framesPerWrite: number
}

/** Rooms in all. Room ids begin at 1. */
export function roomCount({ sockets, roomsPerSocket, roomSize }: Traffic): number {
  return roomsPerSocket * (sockets / roomSize)
}

export function deliveryCount(traffic: Traffic): number {
  return traffic.sockets * traffic.roomsPerSocket * traffic.messagesPerRoom
}

/** The rooms of a socket, one of each layer; each layer mixes the sockets differently. */
export function roomsOf(socket: number, { sockets, roomsPerSocket, roomSize }: Traffic): number[] {
  const perLayer = sockets / roomSize
  return Array.from({ length: roomsPerSocket }, (_, layer) => {
    const place = (socket * (MIXERS[layer] as number)) % sockets
    return 1 + layer * perLayer + Math.floor(place / roomSize)
  })
}

export function destinationOf(room: number): string {
  return `/exchange/chat.direct/room.${room}`
}

// --- internal ---

/** Coprime to the numbers of sockets in use, so that each layer is a permutation. */
const MIXERS = [1, 7, 11]
