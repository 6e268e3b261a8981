// Generated from schemas/ by generate-types.ts; change the schemas and run it again.

/**
 * Everything a client needs to open its STOMP session: broker, rooms, and who it is.
 */
export interface ConnectResponse {
  status: 'success'
  /**
   * How to reach the broker and log in.
   */
  connectionInfo: {
    /**
     * Absolute ws or wss URL of the broker.
     */
    stompUrl: string
    /**
     * The login header of CONNECT.
     */
    username: string
    /**
     * The passcode header of CONNECT.
     */
    password: string
    /**
     * The host header of CONNECT.
     */
    vhost: string
  }
  /**
   * One entry for each room of the user.
   */
  subscriptions: {
    /**
     * What to subscribe to.
     */
    destination: string
    /**
     * The room.
     */
    roomId: number
    /**
     * Name to show.
     */
    roomName: string
  }[]
  /**
   * The user the token stands for.
   */
  userInfo: {
    /**
     * The user.
     */
    userId: number
    /**
     * Mail address.
     */
    email: string
    /**
     * Kind of account. The guide shows user alone and lists no others.
     */
    userType: string
  }
}

/**
 * The user's session is over. The guide ignores this answer.
 */
export interface DisconnectResponse {
  status: 'disconnected'
}

/**
 * Body of a refusal, shaped as NestJS shapes it; NestJS leaves error out of some. The guide shows no refusal.
 */
export interface ErrorBody {
  /**
   * The HTTP status again.
   */
  statusCode: number
  /**
   * The reason, or the list of reasons when the body was bad.
   */
  message: string | string[]
  /**
   * Name of the status.
   */
  error?: string
}

/**
 * The user is now a member and may subscribe to the room.
 */
export interface JoinRoomResponse {
  status: 'joined'
  /**
   * What to subscribe to.
   */
  subscription: string
}

/**
 * The user is no longer a member. The guide ignores this answer.
 */
export interface LeaveRoomResponse {
  status: 'left'
}

/**
 * A member read a message.
 */
export interface MessageRead {
  type: 'message_read'
  /**
   * Message that was read.
   */
  messageId: number
  /**
   * User who read it.
   */
  readerId: number
  /**
   * When it was read. This event has no timestamp field beside it.
   */
  readAt: string
}

/**
 * A chat message was published in a room.
 */
export interface NewMessage {
  type: 'new_message'
  message: {
    /**
     * Id of the message.
     */
    id: number
    /**
     * Text as the sender sent it.
     */
    content: string
    /**
     * Kind of content. The guide shows text alone and lists no others.
     */
    message_type: string
    /**
     * User who sent it.
     */
    sender_id: number
    /**
     * When the server stored it.
     */
    created_at: string
  }
  /**
   * When the server published the event.
   */
  timestamp: string
}

/**
 * Names the room in which to start typing, to stop typing, or which to join.
 */
export interface RoomRequest {
  /**
   * The room.
   */
  roomId: number
}

/**
 * A message for a room. The sender is the token's user.
 */
export interface SendMessageRequest {
  /**
   * The room.
   */
  roomId: number
  message: {
    /**
     * Kind of content. The guide sends text alone.
     */
    message_type: string
    /**
     * What the members read.
     */
    content: string
  }
}

/**
 * The message was accepted. The guide reads a JSON answer here and does not say what is in it.
 */
export interface SendMessageResponse {
  status: 'sent'
  /**
   * Id the message has in its new_message event.
   */
  messageId: number
}

/**
 * The typing status was passed on. The guide ignores this answer.
 */
export interface TypingResponse {
  status: 'success'
}

/**
 * A user came online or went away.
 */
export interface UserStatusChanged {
  type: 'user_status_changed'
  /**
   * User whose status changed.
   */
  userId: number
  /**
   * The new status. The guide shows online alone.
   */
  status: 'online' | 'offline'
  /**
   * When the server published the event.
   */
  timestamp: string
}

/**
 * A user started or stopped typing.
 */
export interface UserTyping {
  type: 'user_typing'
  /**
   * User who types.
   */
  userId: number
  /**
   * True after typing-start, false after typing-end.
   */
  isTyping: boolean
  /**
   * When the server published the event.
   */
  timestamp: string
}

/** Any event of the contract, told apart by its type. */
export type ChatEvent = NewMessage | UserTyping | UserStatusChanged | MessageRead
