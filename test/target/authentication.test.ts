import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { SignJWT } from 'jose'
import { DEFAULT_JWT_SECRET, DEFAULT_TARGET, startTarget } from '../../src/target/server.ts'
import { CALLS, message, post, startChat, tokenOf, WORLD, type Chat } from './chat.ts'
import { bodyOf } from './peer.ts'

let chat: Chat

beforeAll(async () => {
  chat = await startChat()
})
afterAll(() => chat.close())

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function signed(alg: string, key: Parameters<SignJWT['sign']>[0], kid?: string): Promise<string> {
  const header = { alg, ...(kid === undefined ? {} : { kid }) }
  return new SignJWT({ sub: '1' }).setProtectedHeader(header).sign(key)
}

describe('tokens', () => {
  const nowS = Math.floor(Date.now() / 1e3)
  const badTokens: [string, () => Promise<string | undefined>][] = [
    ['no header', () => Promise.resolve(undefined)],
    ['an empty token', () => Promise.resolve('Bearer ')],
    ['garbage', () => Promise.resolve('Bearer garbage')],
    ['another scheme', async () => `Basic ${await tokenOf(1)}`],
    ['an expired token', async () => `Bearer ${await tokenOf(1, { exp: nowS - 1 })}`],
    ['a token that is not valid yet', async () => `Bearer ${await tokenOf(1, { nbf: nowS + 60 })}`],
    ['an altered signature', async () => `Bearer ${(await tokenOf(1)).replace(/.{8}$/, 'AAAAAAAA')}`],
    [
      'altered claims',
      async () => `Bearer ${(await tokenOf(1)).replace(/\..*\./, `.${encode({ sub: '2' })}.`)}`,
    ],
    [
      'an unsigned token',
      () => Promise.resolve(`Bearer ${encode({ alg: 'none' })}.${encode({ sub: '1' })}.`),
    ],
    ['a token without a user', async () => `Bearer ${await tokenOf(1, { sub: 'nobody' })}`],
    ['a user there is not', async () => `Bearer ${await tokenOf(77)}`],
  ]

  for (const [name, make] of badTokens) {
    it.each(CALLS)(`refuses ${name} at %s`, async (path, body) => {
      const authorization = await make()
      const answer = await post(chat.target, path, {
        ...(authorization === undefined ? {} : { authorization }),
        body: body === undefined ? undefined : JSON.stringify(body),
      })
      expect(answer.status).toBe(401)
      expect(answer.json).toEqual({ statusCode: 401, message: expect.any(String), error: 'Unauthorized' })
      expect(answer.headers.get('www-authenticate')).toBe(
        authorization === undefined ? 'Bearer' : 'Bearer error="invalid_token"',
      )
    })
  }

  it('publishes nothing for a refused token', async () => {
    const peer = await chat.listener('room.1')
    const body = JSON.stringify(message(1, 'forged'))
    await post(chat.target, '/chat-ws/send-message', { authorization: 'Bearer garbage', body })
    await chat.call(1, '/chat-ws/send-message', message(1, 'fence'))
    expect(bodyOf(await peer.next())).toContain('fence')
  })

  it('may name the user by userId instead of sub', async () => {
    const token = await tokenOf(1, { sub: 'someone', userId: 2 })
    const answer = await post(chat.target, '/chat-ws/connect', { authorization: `Bearer ${token}` })
    expect(answer.json).toMatchObject({ userInfo: { userId: 2 } })
  })

  it('expire although they were accepted before', async () => {
    const authorization = `Bearer ${await tokenOf(1, { exp: nowS + 60 })}`
    expect((await post(chat.target, '/chat-ws/connect', { authorization })).status).toBe(201)
    vi.useFakeTimers({ toFake: ['Date'], now: (nowS + 61) * 1e3 })
    const late = await post(chat.target, '/chat-ws/connect', { authorization })
    vi.useRealTimers()
    expect(late.json).toMatchObject({ statusCode: 401, message: 'jwt expired' })
  })
})

describe('a target that trusts a public key', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const ecPem = ec.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const jwks = JSON.stringify({
    keys: [
      { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'r' },
      { ...ec.publicKey.export({ format: 'jwk' }), kid: 'e' },
    ],
  })

  it.each([
    ['a PEM with RS256', rsaPem, () => signed('RS256', rsa.privateKey), 201],
    ['a PEM with ES256', ecPem, () => signed('ES256', ec.privateKey), 201],
    ['a JWKS with RS256', jwks, () => signed('RS256', rsa.privateKey, 'r'), 201],
    ['a JWKS with ES256', jwks, () => signed('ES256', ec.privateKey, 'e'), 201],
    ['another key', rsaPem, () => signed('ES256', ec.privateKey), 401],
    [
      'HS256 with the public key as secret',
      rsaPem,
      () => signed('HS256', new TextEncoder().encode(rsaPem)),
      401,
    ],
    [
      'HS256 with the default secret',
      jwks,
      () => signed('HS256', new TextEncoder().encode(DEFAULT_JWT_SECRET)),
      401,
    ],
  ])('answers a token of %s', async (_name, key, make, status) => {
    const own = await startChat({ trust: { kind: 'public-key', key } })
    const answer = await post(own.target, '/chat-ws/connect', { authorization: `Bearer ${await make()}` })
    await own.close()
    expect(answer.status).toBe(status)
  })

  it.each([
    ['no key at all', /^the public key is no PEM: /],
    ['{"keys":1}', /^the public key is no JWKS: /],
    [
      generateKeyPairSync('ec', { namedCurve: 'P-384' })
        .publicKey.export({ type: 'spki', format: 'pem' })
        .toString(),
      /^the public key must be RSA \(RS256\) or on the curve P-256 \(ES256\)$/,
    ],
  ])('is refused %.20s', async (key, words) => {
    const options = { ...DEFAULT_TARGET, world: WORLD, trust: { kind: 'public-key' as const, key } }
    await expect(startTarget(options, () => undefined)).rejects.toThrow(words)
  })
})
