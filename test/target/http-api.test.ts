import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_TARGET, startTarget } from '../../src/target/server.ts'
import { CALLS, message, post, startChat, tokenOf, WORLD, type Chat } from './chat.ts'
import { bodyOf } from './peer.ts'

const ISO = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z'

let chat: Chat

function typingOf(userId: number, isTyping: boolean): RegExp {
  return new RegExp(`^{"type":"user_typing","userId":${userId},"isTyping":${isTyping},"timestamp":"${ISO}"}$`)
}

beforeAll(async () => {
  chat = await startChat()
})
afterEach(() => {
  expect(chat.unexpected).toEqual([])
})
afterAll(() => chat.close())

describe('POST /connect', () => {
  it('answers with the broker, the rooms and the user', async () => {
    const answer = await chat.call(3, '/chat-ws/connect')
    expect(answer.status).toBe(201)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.json).toEqual({
      status: 'success',
      connectionInfo: {
        stompUrl: chat.target.address.stompUrl,
        username: 'guest',
        password: 'guest',
        vhost: '/',
      },
      subscriptions: [
        { destination: '/exchange/chat.direct/room.1', roomId: 1, roomName: '상담방 #1' },
        { destination: '/exchange/chat.direct/room.2', roomId: 2, roomName: '상담방 #2' },
      ],
      userInfo: { userId: 3, email: 'user3@example.com', userType: 'user' },
    })
  })

  it('prefers the e-mail address and the type of user the token names', async () => {
    const token = await tokenOf(1, { email: 'a@example.com', userType: 'expert' })
    const answer = await post(chat.target, '/chat-ws/connect', { authorization: `Bearer ${token}` })
    expect(answer.json).toMatchObject({ userInfo: { userId: 1, email: 'a@example.com', userType: 'expert' } })
  })

  it('tells each room of the user, and no other, that the user is online', async () => {
    const peer = await chat.listener('room.1', 'room.2', 'room.3')
    await chat.call(3, '/chat-ws/connect')
    await chat.call(4, '/chat-ws/typing-start', { roomId: 3 })
    const frames = [await peer.next(), await peer.next(), await peer.next()]
    expect(frames.map((frame) => /^destination:(.*)$/m.exec(frame)?.[1])).toEqual([
      '/exchange/chat.direct/room.1',
      '/exchange/chat.direct/room.2',
      '/exchange/chat.direct/room.3',
    ])
    const online = new RegExp(
      `^{"type":"user_status_changed","userId":3,"status":"online","timestamp":"${ISO}"}$`,
    )
    expect(bodyOf(frames[0] ?? '')).toMatch(online)
    expect(bodyOf(frames[1] ?? '')).toMatch(online)
  })
})

describe('POST /send-message', () => {
  it('publishes the message to every subscriber of the room, the sender among them', async () => {
    const [sender, reader, stranger] = await Promise.all([
      chat.listener('room.1'),
      chat.listener('room.1'),
      chat.listener('room.2'),
    ])
    const answer = await chat.call(1, '/chat-ws/send-message', message(1, '안녕하세요'))
    expect(answer.status).toBe(201)
    const { messageId } = answer.json as { messageId: number }
    expect(answer.json).toEqual({ status: 'sent', messageId })

    const body = bodyOf(await reader.next())
    expect(body).toMatch(
      new RegExp(
        `^{"type":"new_message","message":{"id":${messageId},"content":"안녕하세요","message_type":"text",` +
          `"sender_id":1,"created_at":"${ISO}"},"timestamp":"${ISO}"}$`,
      ),
    )
    const { message: inside, timestamp } = JSON.parse(body) as {
      message: { created_at: string }
      timestamp: string
    }
    expect(inside.created_at).toBe(timestamp)
    expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(2_000)
    expect(bodyOf(await sender.next())).toBe(body)

    // The next thing the other room hears is its own typing event: the message never came there.
    await chat.call(4, '/chat-ws/typing-start', { roomId: 2 })
    expect(bodyOf(await stranger.next())).toContain('"user_typing"')
  })

  it('leaves the content as it is, whatever is in it', async () => {
    const peer = await chat.listener('room.1')
    for (const content of [
      '',
      '  spaces ',
      'a\nb\r\nc',
      '"\\"',
      '<b>&amp;</b>',
      '👩‍👩‍👧 e\u0301 \u202eRTL',
      'nul \0 nul',
    ]) {
      await chat.call(1, '/chat-ws/send-message', message(1, content))
      expect(JSON.parse(bodyOf(await peer.next()))).toMatchObject({
        message: { content, message_type: 'text' },
      })
    }
  })

  it('gives every message an id above the one before', async () => {
    const ids: number[] = []
    for (const room of [1, 2, 1]) {
      const { json } = await chat.call(3, '/chat-ws/send-message', message(room, 'x'))
      ids.push((json as { messageId: number }).messageId)
    }
    expect(ids).toEqual([ids[0], ids[0]! + 1, ids[0]! + 2])
  })

  it('takes the sender from the token, whatever the body says', async () => {
    const peer = await chat.listener('room.1')
    const body = {
      roomId: 1,
      userId: 2,
      message: { message_type: 'text', content: 'x', sender_id: 2 },
      senderId: 2,
    }
    expect((await chat.call(1, '/chat-ws/send-message', body)).status).toBe(201)
    expect(JSON.parse(bodyOf(await peer.next()))).toMatchObject({ message: { sender_id: 1 } })
  })

  it.each([
    [{ message: { message_type: 'text', content: 'x' } }, ['roomId is missing']],
    [{ roomId: 1 }, ['message is missing']],
    [{ roomId: 1, message: { message_type: 'text' } }, ['message.content is missing']],
    [{ roomId: 1, message: { content: 'x' } }, ['message.message_type is missing']],
    [{ roomId: '1', message: { message_type: 'text', content: 'x' } }, ['roomId must be integer, found "1"']],
    [{ roomId: 1.5, message: { message_type: 'text', content: 'x' } }, ['roomId must be integer, found 1.5']],
    [{ roomId: -1, message: { message_type: 'text', content: 'x' } }, ['roomId must be >= 1, found -1']],
    [{ roomId: null, message: 5 }, ['roomId must be integer, found null', 'message must be object, found 5']],
    [
      { roomId: 1, message: { message_type: 'text', content: {} } },
      ['message.content must be string, found object {}'],
    ],
    [[], ['body must be object, found array of 0']],
  ])('refuses %j with 400 and publishes nothing', async (body, problems) => {
    const peer = await chat.listener('room.1')
    const answer = await chat.call(1, '/chat-ws/send-message', body)
    expect(answer.json).toEqual({ statusCode: 400, message: problems, error: 'Bad Request' })
    expect(answer.status).toBe(400)
    await chat.call(1, '/chat-ws/send-message', message(1, 'fence'))
    expect(bodyOf(await peer.next())).toContain('"content":"fence"')
  })

  it.each([
    ['{"roomId":1', 400],
    ['', 400],
    ['nonsense', 400],
    [`{"roomId":1,"message":{"message_type":"text","content":"${'x'.repeat(1_100_000)}"}}`, 413],
  ])('refuses the body %.20s with %i', async (body, status) => {
    const authorization = `Bearer ${await tokenOf(1)}`
    const answer = await post(chat.target, '/chat-ws/send-message', { authorization, body })
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject({
      statusCode: status,
      message: expect.any(String),
      error: expect.any(String),
    })
  })

  it('takes 1 MB, and JSON under another JSON type, but no plain text', async () => {
    const authorization = `Bearer ${await tokenOf(1)}`
    const body = JSON.stringify(message(1, 'x'.repeat(1_000_000)))
    expect((await post(chat.target, '/chat-ws/send-message', { authorization, body })).status).toBe(201)
    const small = JSON.stringify(message(1, 'x'))
    for (const [type, status] of [
      ['application/json; charset=utf-8', 201],
      ['application/merge-patch+json', 201],
      ['text/plain', 415],
    ] as const) {
      const answer = await post(chat.target, '/chat-ws/send-message', { authorization, body: small, type })
      expect([type, answer.status]).toEqual([type, status])
    }
  })
})

describe('typing', () => {
  it('tells the room when it starts and when it ends', async () => {
    const peer = await chat.listener('room.1')
    const start = await chat.call(2, '/chat-ws/typing-start', { roomId: 1 })
    const end = await chat.call(2, '/chat-ws/typing-end', { roomId: 1 })
    expect([start.status, start.json, end.status, end.json]).toEqual([
      201,
      { status: 'success' },
      201,
      { status: 'success' },
    ])
    expect(bodyOf(await peer.next())).toMatch(typingOf(2, true))
    expect(bodyOf(await peer.next())).toMatch(typingOf(2, false))
  })
})

describe('joining and leaving', () => {
  it('makes a member and unmakes it', async () => {
    expect((await chat.call(1, '/chat-ws/send-message', message(3, 'x'))).status).toBe(403)
    const joined = await chat.call(1, '/chat-ws/join-room', { roomId: 3 })
    expect([joined.status, joined.json]).toEqual([
      201,
      { status: 'joined', subscription: '/exchange/chat.direct/room.3' },
    ])
    expect((await chat.call(1, '/chat-ws/join-room', { roomId: 3 })).json).toEqual(joined.json)
    expect((await chat.call(1, '/chat-ws/send-message', message(3, 'x'))).status).toBe(201)
    const left = await chat.call(1, '/chat-ws/leave-room/3')
    expect([left.status, left.json]).toEqual([201, { status: 'left' }])
    expect((await chat.call(1, '/chat-ws/send-message', message(3, 'x'))).status).toBe(403)
    expect((await chat.call(1, '/chat-ws/leave-room/3')).json).toEqual({
      statusCode: 403,
      message: 'not a member of room 3',
      error: 'Forbidden',
    })
  })

  it('tells the last sender, on the personal destination, who has read the message', async () => {
    const [sender, other] = await Promise.all([chat.listener('user.4'), chat.listener('user.2')])
    const { json } = await chat.call(4, '/chat-ws/send-message', message(3, 'read me'))
    const { messageId } = json as { messageId: number }
    await chat.call(2, '/chat-ws/join-room', { roomId: 3 })
    expect(bodyOf(await sender.next())).toMatch(
      new RegExp(`^{"type":"message_read","messageId":${messageId},"readerId":2,"readAt":"${ISO}"}$`),
    )
    // Read once: joining again says nothing more, so the next event is about the next message.
    await chat.call(2, '/chat-ws/join-room', { roomId: 3 })
    await chat.call(4, '/chat-ws/send-message', message(3, 'and me'))
    await chat.call(2, '/chat-ws/join-room', { roomId: 3 })
    expect(JSON.parse(bodyOf(await sender.next()))).toMatchObject({ messageId: messageId + 1, readerId: 2 })
    await chat.call(2, '/chat-ws/leave-room/3')
    expect(other.heard.filter((frame) => frame.startsWith('MESSAGE'))).toEqual([])
  })

  it.each(['abc', '0', '-1', '1.5', '1e3', '%20'])('refuses to leave the room "%s"', async (id) => {
    const answer = await chat.call(1, `/chat-ws/leave-room/${id}`)
    expect(answer.json).toEqual({
      statusCode: 400,
      message: 'Validation failed (numeric string is expected)',
      error: 'Bad Request',
    })
  })
})

describe('POST /disconnect', () => {
  it('tells each room of the user that the user is offline', async () => {
    const peer = await chat.listener('room.1', 'room.2')
    const answer = await chat.call(3, '/chat-ws/disconnect')
    expect([answer.status, answer.json]).toEqual([201, { status: 'disconnected' }])
    const offline = new RegExp(
      `^{"type":"user_status_changed","userId":3,"status":"offline","timestamp":"${ISO}"}$`,
    )
    expect(bodyOf(await peer.next())).toMatch(offline)
    expect(bodyOf(await peer.next())).toMatch(offline)
  })
})

describe('membership', () => {
  it.each(['/chat-ws/send-message', '/chat-ws/typing-start', '/chat-ws/typing-end'])(
    'is asked for by %s, and nothing is published without it',
    async (path) => {
      const peer = await chat.listener('room.2')
      const answer = await chat.call(1, path, message(2, 'x'))
      expect(answer.json).toEqual({ statusCode: 403, message: 'not a member of room 2', error: 'Forbidden' })
      await chat.call(4, '/chat-ws/send-message', message(2, 'fence'))
      expect(bodyOf(await peer.next())).toContain('fence')
    },
  )

  it.each([
    ['/chat-ws/send-message', message(99, 'x')],
    ['/chat-ws/typing-start', { roomId: 99 }],
    ['/chat-ws/typing-end', { roomId: 99 }],
    ['/chat-ws/join-room', { roomId: 99 }],
    ['/chat-ws/leave-room/99', undefined],
  ])('%s answers 404 for a room there is not', async (path, body) => {
    const answer = await chat.call(1, path, body)
    expect(answer.json).toEqual({ statusCode: 404, message: 'no such room: 99', error: 'Not Found' })
  })
})

describe('routes', () => {
  it('answers 404 in the words of NestJS where there is none', async () => {
    const answer = await chat.call(1, '/chat-ws/nowhere?x=1')
    expect(answer.status).toBe(404)
    expect(answer.json).toEqual({
      statusCode: 404,
      message: 'Cannot POST /chat-ws/nowhere',
      error: 'Not Found',
    })
  })

  it.each(CALLS)('answers 405 to GET %s and says what is allowed', async (path) => {
    const answer = await post(chat.target, path, {
      method: 'GET',
      authorization: `Bearer ${await tokenOf(1)}`,
    })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    expect(answer.json).toEqual({
      statusCode: 405,
      message: `Cannot GET ${path}`,
      error: 'Method Not Allowed',
    })
  })
})

describe('a client that goes away', () => {
  it.each(['destroy', 'resetAndDestroy'] as const)(
    'by %s in the middle of its body is no fault of the target',
    async (how) => {
      const { hostname, port } = new URL(chat.target.address.apiUrl)
      const socket = connect(Number(port), hostname)
      const head = `POST /chat-ws/send-message HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await tokenOf(1)}\r\n`
      socket.write(
        `${head}content-type: application/json\r\ncontent-length: 500\r\nexpect: 100-continue\r\n\r\n{"roomId":1`,
      )
      // "100 Continue" says that the head has been read.
      await once(socket, 'data')
      socket[how]()
      await once(socket, 'close')
      expect((await chat.call(1, '/chat-ws/connect')).status).toBe(201)
      expect(chat.unexpected).toEqual([])
    },
  )
})

describe('the address', () => {
  it('is refused in one line when it is taken', async () => {
    const port = Number(new URL(chat.target.address.apiUrl).port)
    const second = startTarget({ ...DEFAULT_TARGET, world: WORLD, apiPort: port }, () => undefined)
    await expect(second).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining(`cannot listen on 127.0.0.1:${port}: `),
    })
  })
})
