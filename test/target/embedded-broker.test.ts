import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Broker } from '../../src/target/broker.ts'
import { startEmbeddedBroker } from '../../src/target/embedded-broker.ts'
import { createFaultPlan } from '../../src/target/faults.ts'
import { openPeer, type Peer } from './peer.ts'

const HEALTHY = { host: '127.0.0.1', port: 0, plan: createFaultPlan([]) }
const ROOM = '/exchange/chat.direct/room.1'

let broker: Broker
const peers: Peer[] = []

beforeAll(async () => {
  broker = await startEmbeddedBroker(HEALTHY)
})
afterAll(async () => {
  for (const { socket } of peers) socket.terminate()
  await broker.close()
})

async function open(protocols?: string[]): Promise<Peer> {
  const peer = await openPeer(broker.stompUrl, protocols)
  peers.push(peer)
  return peer
}

async function connected(heartBeat?: string): Promise<Peer> {
  const peer = await open()
  await peer.connect(heartBeat)
  return peer
}

function error(message: string, body: string, receiptId?: string): string {
  const receipt = receiptId === undefined ? '' : `receipt-id:${receiptId}\n`
  const head = `ERROR\nmessage:${message}\ncontent-type:text/plain\nversion:1.0,1.1,1.2\n${receipt}`
  return `${head}content-length:${Buffer.byteLength(body)}\n\n${body}\0\n`
}

function connectWith(headers: string): string {
  return `CONNECT\naccept-version:1.2\nhost:/\n${headers}\n\0`
}

describe('the WebSocket', () => {
  it.each([
    [['v10.stomp', 'v11.stomp', 'v12.stomp'], 'v12.stomp'],
    [['v10.stomp', 'v11.stomp'], 'v11.stomp'],
    [['v10.stomp'], 'v10.stomp'],
    [[], ''],
  ])('offered %j speaks "%s"', async (offered, chosen) => {
    expect((await open(offered)).socket.protocol).toBe(chosen)
  })

  it('is found under /ws alone', async () => {
    const base = broker.stompUrl.replace(/^ws/, 'http')
    expect((await fetch(base)).status).toBe(426)
    expect((await fetch(`${base}x`)).status).toBe(404)
    await expect(openPeer(`${broker.stompUrl}x`)).rejects.toThrow('404')
    await expect(openPeer(`${broker.stompUrl}/`)).resolves.toBeDefined()
  })

  it.each(['/ws', '/nowhere'])('that is reset right after asking for %s harms nobody', async (path) => {
    const { hostname, port } = new URL(broker.stompUrl)
    for (let n = 0; n < 20; n++) {
      const socket = connect(Number(port), hostname)
      await once(socket, 'connect')
      socket.write(
        `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
          'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      )
      socket.resetAndDestroy()
    }
    expect(await (await open()).connect()).toMatch(/^CONNECTED/)
  })

  it('answers a ping', async () => {
    const { socket } = await open()
    socket.ping('are you there')
    expect(String((await once(socket, 'pong'))[0])).toBe('are you there')
  })

  it('is closed with 1007 for a text message that is not UTF-8', async () => {
    const peer = await connected()
    peer.socket.send(Buffer.from([0x53, 0xff, 0x0a]), { binary: false })
    expect((await peer.ended).code).toBe(1007)
  })

  it('is closed with 1009 for a message over 4 MiB', async () => {
    const peer = await connected()
    peer.send('x'.repeat(4 * 1024 * 1024 + 4 * 1024 + 1))
    expect((await peer.ended).code).toBe(1009)
  })
})

describe('CONNECT', () => {
  it('is answered with CONNECTED, which says honestly who answers', async () => {
    const peer = await open()
    const answer = await peer.connect('500,4500')
    expect(answer).toMatch(
      /^CONNECTED\nserver:Stompede\/\d+\.\d+\.\d+\S*\nsession:session-[\w-]{22}\nheart-beat:4000,1000\nversion:1\.2\n\n\0\n$/,
    )
  })

  it.each([
    ['1.2,1.1,1.0', '1.2'],
    ['1.0,1.1', '1.1'],
    ['1.0', '1.0'],
    ['9.9, 1.1', '1.1'],
    [undefined, '1.0'],
  ])('accepting %s negotiates %s', async (accepted, version) => {
    const peer = await open()
    const accept = accepted === undefined ? '' : `accept-version:${accepted}\n`
    peer.send(`CONNECT\n${accept}host:/\nlogin:guest\npasscode:guest\n\n\0`)
    expect(await peer.next()).toContain(`\nversion:${version}\n`)
  })

  it.each([
    ['0,0', '0,0'],
    ['1,1', '1000,1000'],
    ['4000,4000', '4000,4000'],
    ['10000,2999', '2000,10000'],
  ])('wishing heart-beats %s is promised %s, in whole seconds', async (wish, promise) => {
    expect(await (await open()).connect(wish)).toContain(`\nheart-beat:${promise}\n`)
  })

  it('may be spelt STOMP, end its lines in CRLF, leave out the host and come in a binary message', async () => {
    const peer = await open()
    peer.socket.send(Buffer.from('STOMP\r\naccept-version:1.2\r\nlogin:guest\r\npasscode:guest\r\n\r\n\0'))
    expect(await peer.next()).toMatch(/^CONNECTED\n/)
  })

  it.each([
    [
      'a wrong passcode',
      connectWith('login:guest\npasscode:wrong\n'),
      'Bad CONNECT',
      "Access refused for user 'guest'\n",
    ],
    [
      'a wrong login',
      connectWith('login:admin\npasscode:guest\n'),
      'Bad CONNECT',
      "Access refused for user 'admin'\n",
    ],
    ['no login', connectWith('passcode:guest\n'), 'Bad CONNECT', 'Missing login or passcode header(s)'],
    [
      'a foreign vhost',
      'CONNECT\naccept-version:1.2\nhost:nope\nlogin:guest\npasscode:guest\n\n\0',
      'Bad CONNECT',
      "Virtual host 'nope' access denied",
    ],
    [
      'an unknown version',
      'CONNECT\naccept-version:9.9\nhost:/\nlogin:guest\npasscode:guest\n\n\0',
      'Version mismatch',
      'Supported versions are 1.0,1.1,1.2\n',
    ],
    [
      'bad heart-beats',
      connectWith('login:guest\npasscode:guest\nheart-beat:abc\n'),
      'Bad CONNECT',
      "'heart-beat' must be two integers\n",
    ],
    [
      'another frame before it',
      'SUBSCRIBE\nid:0\ndestination:/exchange/chat.direct/x\n\n\0',
      'Illegal command',
      'You must log in using CONNECT first\n',
    ],
  ])(
    'with %s gets an ERROR in the words of RabbitMQ, then the close',
    async (_name, frame, message, body) => {
      const peer = await open()
      peer.send(frame)
      expect(await peer.next()).toBe(error(message, body))
      expect(await peer.ended).toEqual({ code: 1000, reason: 'STOMP died' })
    },
  )

  it('a second time is an error', async () => {
    const peer = await connected()
    peer.send('CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:guest\n\n\0')
    expect(await peer.next()).toBe(error('Illegal command', 'The session is connected already\n'))
    expect((await peer.ended).code).toBe(1000)
  })
})

describe('a subscription', () => {
  it('receives what the API publishes, in the frame of RabbitMQ', async () => {
    const peer = await open()
    const session = /^session:(.*)$/m.exec(await peer.connect())?.[1]
    await peer.subscribe('0', 'room.1')
    await broker.publish('room.1', Buffer.from('{"a":"안"}'))
    await broker.publish('room.1', Buffer.from('{"a":2}'))
    expect(await peer.next()).toBe(
      `MESSAGE\nsubscription:0\ndestination:${ROOM}\nmessage-id:T_0@@${session}@@1\nredelivered:false\n` +
        'content-type:application/json\ncontent-length:11\n\n{"a":"안"}\0\n',
    )
    expect(await peer.next()).toContain(`\nmessage-id:T_0@@${session}@@2\n`)
  })

  it('is a queue of its own: two to one key are two copies, and other keys are not heard', async () => {
    const peer = await connected()
    await peer.subscribe('a', 'room.2')
    await peer.subscribe('b', 'room.2')
    await peer.subscribe('c', 'room.20')
    await broker.publish('room.2', Buffer.from('{}'))
    await broker.publish('room.20', Buffer.from('{}'))
    const frames = [await peer.next(), await peer.next(), await peer.next()]
    expect(frames.map((frame) => /^subscription:(.*)$/m.exec(frame)?.[1])).toEqual(['a', 'b', 'c'])
  })

  it('is in force at its RECEIPT and over at the RECEIPT of its UNSUBSCRIBE', async () => {
    const peer = await connected()
    await peer.subscribe('s', 'room.3')
    await broker.publish('room.3', Buffer.from('1'))
    peer.send('UNSUBSCRIBE\nid:s\nreceipt:u\n\n\0')
    expect(await peer.next()).toMatch(/^MESSAGE/)
    expect(await peer.next()).toBe('RECEIPT\nreceipt-id:u\n\n\0\n')
    await broker.publish('room.3', Buffer.from('2'))
    await peer.subscribe('s', 'room.3')
    await broker.publish('room.3', Buffer.from('3'))
    expect(await peer.next()).toMatch(/\n\n3\0\n$/)
  })

  it('gets 5,000 messages in order and without a gap', async () => {
    const peer = await connected()
    await peer.subscribe('s', 'room.4')
    for (let n = 1; n <= 5_000; n++) await broker.publish('room.4', Buffer.from(String(n)))
    for (let n = 1; n <= 5_000; n++) {
      const frame = await peer.next()
      expect(frame.slice(frame.indexOf('@@'))).toMatch(new RegExp(`@@${n}\\n[^\\0]*\\n\\n${n}\\0`))
    }
  })

  it.each([
    [124, 0],
    [65_400, 200],
    [70_000, 0],
  ])('gets bodies of %i bytes and %i more whole', async (from, more) => {
    const peer = await connected()
    await peer.subscribe('s', 'room.5')
    for (let size = from; size <= from + more; size += 50) {
      await broker.publish('room.5', Buffer.alloc(size, 'x'))
      expect((await peer.next()).split('\n\n')[1]).toBe(`${'x'.repeat(size)}\0\n`)
    }
  })

  it('escapes its id and destination as the version has it', async () => {
    const [newer, older] = [await connected(), await open(['v10.stomp'])]
    newer.send('SUBSCRIBE\nid:a\\cb\ndestination:/exchange/chat.direct/k\\\\1\nreceipt:r\n\n\0')
    await newer.next()
    older.send('CONNECT\naccept-version:1.0\nlogin:guest\npasscode:guest\n\n\0')
    await older.next()
    older.send('SUBSCRIBE\nid:a:b\ndestination:/exchange/chat.direct/k\\1\nreceipt:r\n\n\0')
    await older.next()
    await broker.publish('k\\1', Buffer.from('{}'))
    expect(await newer.next()).toMatch(
      /^MESSAGE\nsubscription:a\\cb\ndestination:\S*\/k\\\\1\nmessage-id:T_a\\cb@@/,
    )
    expect(await older.next()).toMatch(
      /^MESSAGE\nsubscription:a:b\ndestination:\S*\/k\\1\nmessage-id:T_a:b@@/,
    )
  })

  it('may come without an id in STOMP 1.0, and is then ended by its destination', async () => {
    const peer = await open()
    peer.send('CONNECT\naccept-version:1.0\nlogin:guest\npasscode:guest\n\n\0')
    await peer.next()
    peer.send(`SUBSCRIBE\ndestination:${ROOM}0\nreceipt:1\n\n\0`)
    await peer.next()
    await broker.publish('room.10', Buffer.from('x'))
    expect(await peer.next()).toMatch(
      /^MESSAGE\ndestination:\/exchange\/chat\.direct\/room\.10\nmessage-id:Q_\/exchange/,
    )
    peer.send(`UNSUBSCRIBE\ndestination:${ROOM}0\nreceipt:2\n\n\0`)
    expect(await peer.next()).toBe('RECEIPT\nreceipt-id:2\n\n\0\n')
  })
})

describe('SEND', () => {
  it('reaches the subscribers with the headers of the user, and is then receipted', async () => {
    const peer = await connected()
    await peer.subscribe('s', 'room.6')
    peer.send(
      'SEND\ndestination:/exchange/chat.direct/room.6\nfoo:b\\car\ncontent-type:text/plain\nreceipt:r\n\nhello\0',
    )
    const frame = await peer.next()
    expect(frame).toMatch(
      /@@1\nredelivered:false\nfoo:b\\car\ncontent-type:text\/plain\ncontent-length:5\n\nhello\0\n$/,
    )
    expect(await peer.next()).toBe('RECEIPT\nreceipt-id:r\n\n\0\n')
  })

  it('cannot put headers of the server into the MESSAGE', async () => {
    const peer = await connected()
    await peer.subscribe('s', 'room.7')
    peer.send(
      'SEND\ndestination:/exchange/chat.direct/room.7\nsubscription:x\nredelivered:true\nack:1\n\nhello\0',
    )
    expect(await peer.next()).toMatch(
      /^MESSAGE\nsubscription:s\ndestination:\S+\nmessage-id:\S+\nredelivered:false\ncontent-length:5\n\nhello\0\n$/,
    )
  })

  it('of bytes that are not UTF-8 reaches a subscriber as a binary message, and cuts nobody', async () => {
    const peer = await connected()
    await peer.subscribe('s', 'room.8')
    const arrived = once(peer.socket, 'message')
    const head = 'SEND\ndestination:/exchange/chat.direct/room.8\ncontent-length:3\n\n'
    peer.socket.send(Buffer.concat([Buffer.from(head), Buffer.from([0xff, 0, 0xfe]), Buffer.from('\0')]))
    const [data, isBinary] = (await arrived) as [Buffer, boolean]
    expect(isBinary).toBe(true)
    expect(data.subarray(-5)).toEqual(Buffer.from([0xff, 0, 0xfe, 0, 10]))
  })
})

describe('frames', () => {
  it('may be split over messages and packed into one', async () => {
    const peer = await connected()
    peer.send('SUBSCRIBE\nid:1\nde')
    peer.send('stination:/exchange/chat.direct/a\nreceipt:1\n\n')
    peer.send(
      '\0\n\nSUBSCRIBE\nid:2\ndestination:/exchange/chat.direct/b\nreceipt:2\n\n\0SUBSCRIBE\nid:3\ndesti',
    )
    peer.send('nation:/exchange/chat.direct/c\nreceipt:3\n\n\0')
    expect([await peer.next(), await peer.next(), await peer.next()]).toEqual(
      ['1', '2', '3'].map((id) => `RECEIPT\nreceipt-id:${id}\n\n\0\n`),
    )
  })

  it('give their receipt id back, escaped as it came', async () => {
    const peer = await connected()
    peer.send('SUBSCRIBE\nid:1\ndestination:/exchange/chat.direct/a\nreceipt:a\\cb\\nc\\\\d\\re\n\n\0')
    expect(await peer.next()).toBe('RECEIPT\nreceipt-id:a\\cb\\nc\\\\d\\re\n\n\0\n')
  })

  const exchangeless = "NOT_FOUND - no exchange 'nope' in vhost '/'"
  it.each([
    ['SUBSCRIBE\nid:0\n', 'Missing destination', '"SUBSCRIBE" must include a \'destination\' header\n'],
    ['SEND\n', 'Missing destination', '"SEND" must include a \'destination\' header\n'],
    [
      'SUBSCRIBE\nid:0\ndestination:/topic/x\n',
      'Unknown destination',
      "'/topic/x' is not a valid destination.\nValid destination types are: /exchange.\n",
    ],
    [
      'SEND\ndestination://x\n',
      'Unknown destination',
      "'//x' is not a valid destination.\nValid destination types are: /exchange.\n",
    ],
    [
      'SUBSCRIBE\nid:0\ndestination:/exchange\n',
      'Invalid destination',
      "'' is not a valid exchange destination\n",
    ],
    [
      'SUBSCRIBE\nid:0\ndestination:/exchange/a/b/c\n',
      'Invalid destination',
      "'/a/b/c' is not a valid exchange destination\n",
    ],
    ['SUBSCRIBE\nid:0\ndestination:/exchange/nope/x\n', 'not_found', exchangeless],
    ['SEND\ndestination:/exchange/nope/x\n', 'not_found', exchangeless],
    [
      'SUBSCRIBE\ndestination:/exchange/chat.direct/x\n',
      'Missing header',
      '"SUBSCRIBE" must include the "id" header\n',
    ],
    [
      'SUBSCRIBE\nid:old\ndestination:/exchange/chat.direct/x\n',
      'Duplicated subscription identifier',
      "A subscription identified by 'T_old' already exists.",
    ],
    [
      'SUBSCRIBE\nid:0\nack:client\ndestination:/exchange/chat.direct/x\n',
      'Not supported',
      "'ack' other than auto is not supported by this broker\n",
    ],
    [
      'UNSUBSCRIBE\nid:9\n',
      'No subscription found',
      'UNSUBSCRIBE must refer to an existing subscription.\nSubscription to "id=\'9\'" not found.\n',
    ],
    ['UNSUBSCRIBE\n', 'Missing destination or id', "UNSUBSCRIBE must include a 'destination' or 'id' header"],
    [
      'SEND\ndestination:/exchange/chat.direct/x\nmessage-id:1\n',
      'Invalid header',
      "'message-id' is not allowed on 'SEND'.\n",
    ],
    [
      'SEND\ndestination:/exchange/chat.direct/x\ntransaction:1\n',
      'Not supported',
      'a transaction is not supported by this broker\n',
    ],
    ['BEGIN\ntransaction:1\n', 'Not supported', '"BEGIN" is not supported by this broker\n'],
    ['ACK\nid:1\n', 'Not supported', '"ACK" is not supported by this broker\n'],
    ['BOGUS\n', 'Bad command', 'Could not interpret command "BOGUS"\n'],
    ['toString\n', 'Bad command', 'Could not interpret command "toString"\n'],
  ])('%j get an ERROR naming the receipt, no RECEIPT, and the close', async (head, message, body) => {
    const peer = await connected()
    await peer.subscribe('old', 'x')
    peer.send(`${head}receipt:r\n\n\0SUBSCRIBE\nid:after\ndestination:${ROOM}\nreceipt:after\n\n\0`)
    expect(await peer.next()).toBe(error(message, body, 'r'))
    expect(await peer.ended).toEqual({ code: 1000, reason: 'STOMP died' })
    expect(peer.heard.slice(2)).toEqual([error(message, body, 'r')])
  })

  it.each([
    ['a header without a colon', 'SEND\nnonsense\n\n\0', 'no-colon'],
    ['an undefined escape', 'SEND\na:\\t\n\n\0', 'undefined-escape'],
    [
      'a wrong content-length',
      'SEND\ndestination:/exchange/chat.direct/x\ncontent-length:2\n\nhello\0',
      'missing-nul',
    ],
    [
      'a negative content-length',
      'SEND\ndestination:/exchange/chat.direct/x\ncontent-length:-1\n\nhello\0',
      'bad-content-length',
    ],
    ['a head without end', `SEND\n${'a'.repeat(70_000)}`, 'head-too-large'],
  ])('with %s get an ERROR and the close 1007', async (_name, text, reason) => {
    const peer = await connected()
    peer.send(text)
    expect(await peer.next()).toMatch(new RegExp(`^ERROR\\nmessage:Invalid frame\\n[^]*\\n\\n${reason}: `))
    expect(await peer.ended).toEqual({ code: 1007, reason: 'malformed STOMP frame' })
  })

  it('after DISCONNECT are not read; it gets its RECEIPT and a normal close', async () => {
    const peer = await connected()
    peer.send(`DISCONNECT\nreceipt:bye\n\n\0SUBSCRIBE\nid:1\ndestination:${ROOM}\nreceipt:no\n\n\0`)
    expect(await peer.next()).toBe('RECEIPT\nreceipt-id:bye\n\n\0\n')
    expect((await peer.ended).code).toBe(1000)
    expect(peer.heard).toHaveLength(2)
  })
})

describe('a session that is gone', () => {
  it.each(['terminate', 'close'] as const)('by %s no longer counts as a subscriber', async (how) => {
    const [gone, fence] = [await connected(), await connected()]
    await gone.subscribe('s', 'room.9')
    await fence.subscribe('s', 'room.9')
    gone.socket[how]()
    await gone.ended
    await broker.publish('room.9', Buffer.from('x'))
    expect(await fence.next()).toMatch(/^MESSAGE/)
    expect(gone.heard).toHaveLength(2)
  })
})

describe('stopping', () => {
  it('says goodbye with 1001 and frees the port', async () => {
    const short = await startEmbeddedBroker(HEALTHY)
    const peer = await openPeer(short.stompUrl)
    await peer.connect()
    await short.close()
    expect(await peer.ended).toEqual({ code: 1001, reason: 'the broker stops' })
    await expect(openPeer(short.stompUrl)).rejects.toThrow('ECONNREFUSED')
  })
})
