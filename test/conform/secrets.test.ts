import { describe, expect, it } from 'vitest'
import { newSecrets } from '../../src/conform/secrets.ts'
import { newTranscript, startClock } from '../../src/conform/transcript.ts'

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'

describe('what is captured', () => {
  const secrets = newSecrets()
  secrets.add('swordfish-of-the-broker', 'passcode')
  secrets.add('swordfish-of-the-broker-and-more', 'longer one')
  secrets.add('guest', 'too short to be hidden everywhere')

  it.each([
    [`authorization: Bearer ${JWT}`, 'authorization: Bearer ‹token›'],
    [`a token ${JWT.split('.').slice(0, 2).join('.')}. unsigned`, 'a token ‹token› unsigned'],
    ['authorization: Bearer garbage\naccept: x', 'authorization: Bearer ‹credentials›\naccept: x'],
    ['CONNECT\nlogin:guest\npasscode:guest\n\n', 'CONNECT\nlogin:guest\npasscode:‹passcode›\n\n'],
    ['{"password":"gu\\"est","vhost":"/"}', '{"password":"‹password›","vhost":"/"}'],
    ['amqp://me:hidden@broker/', 'amqp://‹credentials›@broker/'],
    ['it says swordfish-of-the-broker.', 'it says ‹passcode›.'],
    ['it says swordfish-of-the-broker-and-more.', 'it says ‹longer one›.'],
    ["Access refused for user 'guest'", "Access refused for user 'guest'"],
  ])('%j is kept as %j', (text, kept) => {
    expect(secrets.redact(text)).toBe(kept)
  })

  it('keeps the other octets of bytes as they are', () => {
    const bytes = Buffer.concat([
      Buffer.from('CONNECT\npasscode:swordfish\r\nx:'),
      Buffer.from([0xff, 0xfe, 0, 10]),
    ])
    const kept = secrets.redactBytes(bytes)
    expect(kept.toString('latin1')).toBe('CONNECT\npasscode:$PASSCODE\r\nx:\xff\xfe\0\n')
    expect(secrets.redactBytes(Buffer.from([0xff, 0])).equals(Buffer.from([0xff, 0]))).toBe(true)
  })

  it('takes the latest label', () => {
    secrets.add('swordfish-of-the-broker', 'other name')
    expect(secrets.redact('swordfish-of-the-broker')).toBe('‹other name›')
  })
})

describe('a transcript', () => {
  it('has all actors on one clock, the frames of one connection together, and leaves out the middle of a long case', () => {
    const secrets = newSecrets()
    const transcript = newTranscript(startClock(), secrets, () => undefined)
    transcript.bytesSent('A', Buffer.from('one'))
    transcript.bytesSent('B', Buffer.from('two'))
    transcript.bytesSent('A', Buffer.from('three'))
    for (let i = 0; i < 500; i++) transcript.socket('A', '→', `line ${i}`)
    transcript.frame('B', '←', 'MESSAGE', [['a', 'b']], 'x'.repeat(5_000))
    const lines = transcript.lines()
    expect(lines).toHaveLength(401)
    expect(lines.map(({ atMs }) => atMs)).toEqual(lines.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
    expect(lines[100]).toMatchObject({
      actor: 'checker',
      direction: '·',
      text: '101 lines are left out here',
    })
    expect(lines.at(-1)?.text).toMatch(/^MESSAGE\na:b\n\nx+… 3013 characters are left out …x+$/)
    expect(transcript.frames().map((frame) => Buffer.from(frame, 'base64').toString())).toEqual([
      'one',
      'three',
      'two',
    ])
  })
})
