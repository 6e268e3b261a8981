import { describe, expect, it } from 'vitest'
import { loadContract, type CallName, type ContractIssue } from '../../src/chat/contract.ts'

const contract = loadContract()

/** The answers as the guide shows them, and where it shows none, as the reference target gives them. */
const answers: Record<CallName, object> = {
  connect: {
    status: 'success',
    connectionInfo: {
      stompUrl: 'ws://localhost:15674/ws',
      username: 'guest',
      password: 'guest',
      vhost: '/',
    },
    subscriptions: [{ destination: '/exchange/chat.direct/room.1', roomId: 1, roomName: '상담방 #1' }],
    userInfo: { userId: 123, email: 'user@example.com', userType: 'user' },
  },
  'send-message': { status: 'sent', messageId: 123 },
  'typing-start': { status: 'success' },
  'typing-end': { status: 'success' },
  'join-room': { status: 'joined', subscription: '/exchange/chat.direct/room.1' },
  'leave-room': { status: 'left' },
  disconnect: { status: 'disconnected' },
}
const names = [
  'connect',
  'send-message',
  'typing-start',
  'typing-end',
  'join-room',
  'leave-room',
  'disconnect',
] as const
const calls = names.map((call): [CallName, object] => [call, answers[call]])

describe('calls', () => {
  it('are the seven POSTs of the guide, below the host', () => {
    const routes = calls.map(([call]) => `${contract.calls[call].method} ${contract.calls[call].path(7)}`)
    expect(routes).toEqual([
      'POST /chat-ws/connect',
      'POST /chat-ws/send-message',
      'POST /chat-ws/typing-start',
      'POST /chat-ws/typing-end',
      'POST /chat-ws/join-room',
      'POST /chat-ws/leave-room/7',
      'POST /chat-ws/disconnect',
    ])
  })
})

describe('readResponse', () => {
  it.each(calls)('accepts the documented answer of %s, whatever the 2XX', (call, body) => {
    for (const status of [200, 201, 202]) {
      for (const type of ['application/json', 'Application/JSON; charset=utf-8']) {
        expect(read(call, status, type, JSON.stringify(body))).toEqual({ body, issues: [] })
      }
    }
  })

  it.each(calls)('accepts a refusal of %s', (call) => {
    const body = { statusCode: 403, message: 'not a member of room 7', error: 'Forbidden' }
    expect(read(call, 403, 'application/json', JSON.stringify(body))).toEqual({ body, issues: [] })
  })

  it.each(calls)('names the status of %s that nobody documents, and still hands over the body', (call) => {
    for (const status of [301, 304]) {
      const { body, issues } = read(call, status, 'application/json', '{"message":"down"}')
      expect(body).toEqual({ message: 'down' })
      expect(issues).toEqual([
        {
          kind: 'violation',
          rule: `http/${call}/status`,
          path: '',
          detail: `http/${call}/status: must be one of 2xx, 4xx, found ${status}`,
        },
      ])
    }
  })

  it.each(calls)('takes a server error of %s for a failure, not for a breach of the contract', (call) => {
    for (const status of [500, 502, 503]) {
      expect(read(call, status, 'text/html', '<h1>down</h1>')).toEqual({ body: undefined, issues: [] })
    }
  })

  it('judges by who documents the answer: the guide promises JSON from three calls only', () => {
    const kinds = names.map((call) => {
      return [call, read(call, 200, 'application/json', 'OK').issues.map((issue) => issue.kind)]
    })
    expect(kinds).toEqual([
      ['connect', ['violation']],
      ['send-message', ['violation']],
      ['typing-start', ['drift']],
      ['typing-end', ['drift']],
      ['join-room', ['violation']],
      ['leave-room', ['drift']],
      ['disconnect', ['drift']],
    ])
  })

  it('an HTML page announced as such is one issue', () => {
    const { body, issues } = read('connect', 200, 'text/html', '<html></script>')
    expect(body).toBeUndefined()
    expect(issues.map(({ rule, detail }) => [rule, detail])).toEqual([
      ['http/connect/content-type', 'http/connect/content-type: must be application/json, found "text/html"'],
    ])
  })

  it('an HTML page announced as JSON is not JSON', () => {
    expect(rules(read('join-room', 200, 'application/json', '<html>'))).toEqual(['http/join-room/json'])
  })

  it('JSON without a content type is validated all the same', () => {
    expect(rules(read('join-room', 200, undefined, '{"status":"joined"}'))).toEqual([
      'http/join-room/content-type',
      'join-room-response/required/subscription',
    ])
  })

  it('an empty body is not JSON', () => {
    expect(rules(read('connect', 200, 'application/json', ''))).toEqual(['http/connect/json'])
    expect(rules(read('leave-room', 204, undefined, ''))).toEqual(['http/leave-room/content-type'])
  })

  it('an item of a list is named without its index, its place with it', () => {
    const { issues } = read(
      'connect',
      200,
      'application/json',
      JSON.stringify({ ...answers.connect, subscriptions: [...roomsOf(2), { roomId: 'x', roomName: 'a' }] }),
    )
    expect(issues.map(({ rule, path }) => [rule, path])).toEqual([
      ['connect-response/required/subscriptions[].destination', '/subscriptions/2/destination'],
      ['connect-response/type/subscriptions[].roomId', '/subscriptions/2/roomId'],
    ])
  })

  it('another body than the reference target gives is drift where the guide shows none', () => {
    const { issues } = read('send-message', 201, 'application/json', '{"ok":true}')
    expect(issues.map(({ kind, rule }) => [kind, rule])).toEqual([
      ['drift', 'send-message-response/required/status'],
      ['drift', 'send-message-response/required/messageId'],
      ['drift', 'send-message-response/additionalProperties'],
    ])
    const wrongId = read('send-message', 201, 'application/json', '{"status":"sent","messageId":"a1"}')
    expect(wrongId.issues.map(({ kind, rule }) => [kind, rule])).toEqual([
      ['drift', 'send-message-response/type/messageId'],
    ])
  })

  it('a refusal of another shape is drift', () => {
    const { issues } = read('connect', 401, 'application/json', '{"message":"jwt expired"}')
    expect(issues.map(({ kind, rule }) => [kind, rule])).toEqual([
      ['drift', 'error-body/required/statusCode'],
    ])
    const html = read('connect', 401, 'text/html', '<h1>')
    expect(html.issues.map(({ kind, rule }) => [kind, rule])).toEqual([
      ['drift', 'http/connect/content-type'],
    ])
  })

  it('never shows a value of the answer that holds the passcode', () => {
    const secret = 'fake-passcode'
    const bodies = [
      JSON.stringify({ password: secret }),
      JSON.stringify({ ...answers.connect, status: secret, token: secret }),
      JSON.stringify({ ...answers.connect, connectionInfo: { password: 5, stompUrl: secret } }),
      `{"password":"${secret}"`,
      JSON.stringify(secret),
    ]
    for (const body of bodies) {
      const { issues } = read('connect', 200, 'application/json', body)
      expect(issues.length).toBeGreaterThan(0)
      expect(JSON.stringify(issues)).not.toContain('fake')
    }
  })
})

describe('checkRequest', () => {
  const request = { roomId: 1, message: { message_type: 'text', content: '안녕하세요' } }

  it('accepts what the guide sends, and calls without a documented body with anything', () => {
    expect(contract.checkRequest('send-message', request)).toEqual([])
    for (const call of ['typing-start', 'typing-end', 'join-room'] as const) {
      expect(contract.checkRequest(call, { roomId: 1 })).toEqual([])
    }
    for (const call of ['connect', 'leave-room', 'disconnect'] as const) {
      for (const body of [undefined, {}, 'text']) expect(contract.checkRequest(call, body)).toEqual([])
    }
  })

  it('does not mind fields nobody documented', () => {
    expect(
      contract.checkRequest('send-message', {
        ...request,
        senderId: 9,
        message: { ...request.message, x: 1 },
      }),
    ).toEqual([])
  })

  it('names each reason to refuse, with its place', () => {
    expect(reasons({})).toEqual([
      'send-message-request/required/roomId at /roomId',
      'send-message-request/required/message at /message',
    ])
    expect(reasons({ roomId: -1, message: { message_type: 'text', content: 5 } })).toEqual([
      'send-message-request/minimum/roomId at /roomId',
      'send-message-request/type/message.content at /message/content',
    ])
    for (const body of [undefined, null, 5, 'x', [], [request]]) {
      expect(reasons(body)).toEqual(['send-message-request/type at '])
    }
  })

  it.each([['x'], [1.5], [null], [[1]], [true], ['1']])('refuses %j as a room', (roomId) => {
    expect(contract.checkRequest('join-room', { roomId }).map(({ rule }) => rule)).toEqual([
      'room-request/type/roomId',
    ])
  })
})

function read(
  call: CallName,
  status: number,
  contentType: string | undefined,
  text: string,
): { body: unknown; issues: ContractIssue[] } {
  const issues: ContractIssue[] = []
  return {
    body: contract.readResponse(call, status, contentType, text, (issue) => issues.push(issue)),
    issues,
  }
}

function reasons(body: unknown): string[] {
  return contract.checkRequest('send-message', body).map(({ rule, path }) => `${rule} at ${path}`)
}

function rules({ issues }: { issues: ContractIssue[] }): string[] {
  return issues.map(({ rule }) => rule)
}

function roomsOf(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    destination: `/exchange/chat.direct/room.${index + 1}`,
    roomId: index + 1,
    roomName: 'room',
  }))
}
