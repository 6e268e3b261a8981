import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRabbitMqNode, type RabbitMqNode } from '../../src/target/rabbitmq-node.ts'
import { startRabbitMq } from '../../src/target/rabbitmq.ts'
import { DEFAULT_TARGET, startTarget } from '../../src/target/server.ts'
import { message, startChat, WORLD, type Chat } from './chat.ts'
import { bodyOf, openPeer, type Peer } from './peer.ts'
import { describeWithRabbitMq } from './with-rabbitmq.ts'

/** A relay on loopback that can be cut like a cable. */
async function relayTo(
  port: number,
): Promise<{ port: number; cut: () => number; close: () => Promise<void> }> {
  const open = new Set<Socket>()
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1')
    open.add(from)
    from.on('close', () => open.delete(from) && to.destroy()).on('error', () => to.destroy())
    to.on('close', () => from.destroy()).on('error', () => from.destroy())
    from.pipe(to).pipe(from)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): number => {
    const count = open.size
    for (const socket of open) socket.destroy()
    return count
  }
  const close = async (): Promise<void> => {
    cut()
    server.close()
    await once(server, 'close')
  }
  return { port: (server.address() as AddressInfo).port, cut, close }
}

let node: RabbitMqNode
let chat: Chat

function chatOn(faults: string[] = []): Promise<Chat> {
  const { amqpUrl, stompUrl } = node
  return startChat({ broker: 'rabbitmq', rabbitMq: { kind: 'running', amqpUrl, stompUrl }, faults })
}

async function contents(peer: Peer, count: number): Promise<unknown[]> {
  const found: unknown[] = []
  while (found.length < count) {
    found.push((JSON.parse(bodyOf(await peer.next())) as { message: { content: unknown } }).message.content)
  }
  return found
}

async function say(own: Chat, userId: number, texts: string[]): Promise<void> {
  for (const text of texts) {
    expect((await own.call(userId, '/chat-ws/send-message', message(1, text))).status).toBe(201)
  }
}

describeWithRabbitMq('the target before a real RabbitMQ', () => {
  beforeAll(async () => {
    node = await startRabbitMqNode()
    chat = await chatOn()
  })
  afterAll(async () => {
    await chat.close()
    await node.stop()
  })

  it('says which broker it is and where', async () => {
    expect(chat.target.address).toMatchObject({
      stompUrl: node.stompUrl,
      broker: {
        kind: 'rabbitmq',
        name: 'RabbitMQ',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      },
    })
    const { json } = await chat.call(3, '/chat-ws/connect')
    expect(json).toMatchObject({
      connectionInfo: { stompUrl: node.stompUrl, username: 'guest', password: 'guest', vhost: '/' },
    })
  })

  it('delivers the same event as the embedded broker, as JSON', async () => {
    const embedded = await startChat()
    const frames = await Promise.all(
      [chat, embedded].map(async (own) => {
        const peer = await own.listener('room.1')
        await say(own, 1, ['안녕 👋\n"'])
        return peer.next()
      }),
    )
    await embedded.close()
    const [real = '', ours = ''] = frames.map((frame) =>
      frame
        .replace(/session-[\w-]+/, 'SESSION')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
        .replace(/"id":\d+/, '"id":1'),
    )
    expect(ours).toBe(
      'MESSAGE\nsubscription:room.1\ndestination:/exchange/chat.direct/room.1\nmessage-id:T_room.1@@SESSION@@1\n' +
        `redelivered:false\ncontent-type:application/json\ncontent-length:${/content-length:(\d+)/.exec(ours)?.[1]}\n\n` +
        '{"type":"new_message","message":{"id":1,"content":"안녕 👋\\n\\"","message_type":"text","sender_id":1,"created_at":"TIME"},"timestamp":"TIME"}\0\n',
    )
    expect(headersOf(real)).toEqual(expect.objectContaining(headersOf(ours)))
    expect(bodyOf(real)).toBe(bodyOf(ours))
  })

  it('keeps the order of a sender', async () => {
    const peer = await chat.listener('room.1')
    const texts = Array.from({ length: 200 }, (_text, index) => String(index))
    await say(chat, 1, texts)
    expect(await contents(peer, 200)).toEqual(texts)
  })

  it('tells the personal destination what was read', async () => {
    const peer = await chat.listener('user.4')
    const { json } = await chat.call(4, '/chat-ws/send-message', message(3, 'read me'))
    await chat.call(1, '/chat-ws/join-room', { roomId: 3 })
    const { messageId } = json as { messageId: number }
    expect(JSON.parse(bodyOf(await peer.next()))).toMatchObject({
      type: 'message_read',
      messageId,
      readerId: 1,
    })
  })

  it('commits the faults that concern deliveries and payloads', async () => {
    const faulty = await chatOn(['loss:1/4', 'duplicate:1/3', 'swap:1/5', 'extra-field:1/2'])
    const peer = await faulty.listener('room.1')
    await say(faulty, 2, ['1', '2', '3', '4', '5', '6', '7'])
    // 4 is lost; of the six others the fifth, 6, is held back until 7; 3 and 6 are the third and sixth published.
    expect(await contents(peer, 8)).toEqual(['1', '2', '3', '3', '5', '7', '6', '6'])
    const log = faulty.target.faultLog()
    expect(Object.entries(log).map(([name, { count }]) => [name, count])).toEqual([
      ['loss', 1],
      ['duplicate', 2],
      ['swap', 1],
      ['extra-field', 3],
    ])
    await faulty.close()
  })

  describe('words of ERROR frames', () => {
    const login = 'login:guest\npasscode:guest\n'
    const connected = `CONNECT\naccept-version:1.2\nhost:/\n${login}\n\0`
    it.each([
      [`CONNECT\naccept-version:9.9\nhost:/\n${login}\n\0`],
      ['CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:wrong\n\n\0'],
      [`CONNECT\naccept-version:1.2\nhost:nope\n${login}\n\0`],
      ['SUBSCRIBE\nid:0\ndestination:/exchange/chat.direct/x\n\n\0'],
      [`${connected}SUBSCRIBE\nid:0\n\n\0`],
      [`${connected}SEND\n\nx\0`],
      [`${connected}SUBSCRIBE\nid:0\ndestination:/exchange\n\n\0`],
      [`${connected}SUBSCRIBE\nid:0\ndestination:/exchange/a/b/c\n\n\0`],
      [`${connected}UNSUBSCRIBE\nid:9\n\n\0`],
      [`${connected}UNSUBSCRIBE\n\n\0`],
      [`${connected}BOGUS\n\n\0`],
      [`${connected}SEND\ndestination:/exchange/chat.direct/x\nmessage-id:1\n\nx\0`],
    ])('are the same from the embedded broker for %j', async (text) => {
      const embedded = await startChat()
      const answers = await Promise.all(
        [node.stompUrl, embedded.target.address.stompUrl].map(async (url) => {
          const peer = await openPeer(url)
          peer.send(text)
          let frame = await peer.next()
          if (frame.startsWith('CONNECTED')) frame = await peer.next()
          peer.socket.terminate()
          return frame
        }),
      )
      await embedded.close()
      const [real = '', ours = ''] = answers
      expect(ours).toMatch(/^ERROR\n/)
      expect(wordsOf(ours)).toEqual(wordsOf(real))
    })
  })

  it('takes an exchange of that name as it is', async () => {
    const { amqpUrl, stompUrl } = node
    const management = (method: string, path: string, body?: object): Promise<Response> =>
      fetch(`${node.managementUrl}/api/${path}`, {
        method,
        headers: { authorization: `Basic ${btoa('guest:guest')}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    expect((await management('PUT', 'vhosts/durable')).ok).toBe(true)
    const exchange = { type: 'direct', durable: true }
    expect((await management('PUT', 'exchanges/durable/chat.direct', exchange)).ok).toBe(true)
    const broker = await startRabbitMq({ kind: 'running', amqpUrl: `${amqpUrl}/durable`, stompUrl })
    await expect(broker.publish('room.1', Buffer.from('{}'))).resolves.toBeUndefined()
    expect(broker.credentialsOf(1).vhost).toBe('durable')
    await broker.close()
  })

  it('is refused in one line, without the password, when RabbitMQ does not let it in', async () => {
    const { stompUrl } = node
    const amqpUrl = node.amqpUrl.replace('guest:guest', 'guest:not-the-password')
    const failure = startTarget(
      {
        ...DEFAULT_TARGET,
        world: WORLD,
        broker: 'rabbitmq',
        rabbitMq: { kind: 'running', amqpUrl, stompUrl },
      },
      () => undefined,
    )
    await expect(failure).rejects.toMatchObject({
      code: 'BROKER_UNAVAILABLE',
      message: expect.stringMatching(
        /^cannot publish to RabbitMQ at amqp:\/\/127\.0\.0\.1:\d+: .*ACCESS.REFUSED/,
      ) as string,
    })
    await expect(failure).rejects.not.toMatchObject({
      message: expect.stringContaining('password') as string,
    })
  })

  it('comes back after its connection was cut', async () => {
    const relay = await relayTo(Number(new URL(node.amqpUrl).port))
    const amqpUrl = node.amqpUrl.replace(/:\d+(?=\/?$)/, `:${relay.port}`)
    const own = await startChat({
      broker: 'rabbitmq',
      rabbitMq: { kind: 'running', amqpUrl, stompUrl: node.stompUrl },
    })
    try {
      const peer = await own.listener('room.1')
      await say(own, 1, ['before'])
      expect(relay.cut()).toBe(1)
      let status = 503
      while (status === 503) status = (await own.call(1, '/chat-ws/send-message', message(1, 'back'))).status
      expect(status).toBe(201)
      expect((await contents(peer, 2)).at(-1)).toBe('back')
    } finally {
      await own.close()
      await relay.close()
    }
  })

  it('answers 503 in the words of NestJS when RabbitMQ is killed, and goes on', async () => {
    process.kill(node.pid, 'SIGKILL')
    let answer = await chat.call(1, '/chat-ws/send-message', message(1, 'x'))
    // The end of the connection may be seen only after the first request.
    while (answer.status === 201) answer = await chat.call(1, '/chat-ws/send-message', message(1, 'x'))
    expect(answer.json).toEqual({
      statusCode: 503,
      message: expect.stringMatching(/^RabbitMQ /) as string,
      error: 'Service Unavailable',
    })
    await vi.waitFor(async () => {
      const { json } = await chat.call(1, '/chat-ws/typing-start', { roomId: 1 })
      expect(json).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') as string })
    })
    expect(chat.unexpected).toEqual([])
  })
})

describe('without rabbitmq-server', () => {
  it('says how to get one', async () => {
    vi.stubEnv('STOMPEDE_RABBITMQ_SERVER', '/nowhere/rabbitmq-server')
    await expect(startRabbitMqNode()).rejects.toMatchObject({
      code: 'BROKER_UNAVAILABLE',
      message: expect.stringMatching(
        /^rabbitmq-server is not installed: apt-get install rabbitmq-server/,
      ) as string,
    })
    vi.unstubAllEnvs()
  })

  it('that works, tells the last it wrote', async () => {
    vi.stubEnv('STOMPEDE_RABBITMQ_SERVER', '/bin/false')
    await expect(startRabbitMqNode()).rejects.toMatchObject({
      code: 'BROKER_UNAVAILABLE',
      message: 'RabbitMQ did not become ready: it ended while starting',
    })
    vi.unstubAllEnvs()
  })
})

/** Later versions of RabbitMQ leave out the line feed at the end of some bodies. */
function wordsOf(errorFrame: string): unknown {
  return [headersOf(errorFrame)['message'], bodyOf(errorFrame).trim()]
}

function headersOf(frame: string): Record<string, string> {
  const head = frame.slice(frame.indexOf('\n') + 1, frame.indexOf('\n\n'))
  return Object.fromEntries(
    head.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}
