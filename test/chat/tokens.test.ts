import { exportPKCS8, exportSPKI, generateKeyPair, importSPKI, jwtVerify } from 'jose'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CLAIMS, openTokens, readTokenFile } from '../../src/chat/tokens.ts'
import type { StompedeError } from '../../src/errors.ts'

const SECRET = 'an-obviously-fake-secret'

function file(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'stompede-tokens-')), name)
  writeFileSync(path, text)
  return path
}

function refusal(text: string): StompedeError {
  try {
    readTokenFile(file('tokens.csv', text))
  } catch (error) {
    return error as StompedeError
  }
  return expect.fail('the file was accepted')
}

describe('minted tokens', () => {
  it('carry the claims template, filled in, and verify with the secret', async () => {
    const claims = {
      sub: '{userId}',
      id: '{userId:number}',
      nested: [{ mail: 'u{index}@x.test' }],
      flag: true,
    }
    const tokens = await openTokens({
      kind: 'minted',
      key: SECRET,
      algorithm: 'HS256',
      claims,
      firstUserId: 500,
      lifetimeS: 60,
    })
    const { userId, token } = await tokens.identityOf(7)
    expect(userId).toBe(507)
    const { payload } = await jwtVerify(token, new TextEncoder().encode(SECRET))
    expect(payload).toMatchObject({ sub: '507', id: 507, nested: [{ mail: 'u7@x.test' }], flag: true })
    expect((payload.exp as number) - (payload.iat as number)).toBe(60)
    expect([tokens.userIdOf(3), tokens.indexOf(503), tokens.indexOf(499)]).toEqual([503, 3, undefined])
  })

  it.each(['RS256', 'ES256'] as const)('are signed with a PEM key for %s', async (algorithm) => {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
    const key = await exportPKCS8(privateKey)
    const tokens = await openTokens({
      kind: 'minted',
      key,
      algorithm,
      claims: DEFAULT_CLAIMS,
      firstUserId: 1,
      lifetimeS: 60,
    })
    const { token } = await tokens.identityOf(0)
    const { payload } = await jwtVerify(token, await importSPKI(await exportSPKI(publicKey), algorithm))
    expect(payload).toMatchObject({ sub: '1', email: 'user1@example.com', userType: 'user' })
  })

  it('say what is wrong with a key without quoting it', async () => {
    const opened = openTokens({
      kind: 'minted',
      key: 'not-a-pem-but-a-fake',
      algorithm: 'RS256',
      claims: {},
      firstUserId: 1,
      lifetimeS: 60,
    })
    const error = await opened.then(
      () => expect.fail('accepted'),
      (thrown: unknown) => thrown as StompedeError,
    )
    expect(error).toMatchObject({
      code: 'TOKENS_INVALID',
      message: 'the key is not a PEM private key for RS256',
    })
  })
})

describe('a token file', () => {
  it.each([
    ['CSV', 'userId,token\n7,aaa.bbb.ccc\n9,ddd.eee.fff\n'],
    [
      'CSV with quotes, other columns, CRLF and a BOM',
      '\uFEFFname,"token","userId"\r\nkim,"aaa.bbb.ccc",7\r\nlee,ddd.eee.fff,9\r\n',
    ],
    ['JSONL', '{"userId":7,"token":"aaa.bbb.ccc"}\n\n{"userId":"9","token":"ddd.eee.fff","x":1}\n'],
  ])('is read as %s', async (_, text) => {
    const plan = readTokenFile(file('tokens', text))
    const tokens = await openTokens(plan)
    expect(await tokens.identityOf(0)).toEqual({ userId: 7, token: 'aaa.bbb.ccc' })
    expect(await tokens.identityOf(1)).toEqual({ userId: 9, token: 'ddd.eee.fff' })
    expect([tokens.indexOf(9), tokens.indexOf(8)]).toEqual([1, undefined])
    expect(() => tokens.userIdOf(2)).toThrow('the token file lists 2 users; the scenario needs more')
  })

  it('lists every bad line by its number and never shows a token', () => {
    const error = refusal('userId,token\nx,aaa\n8,\n9,sec ret\n9,good.token\n9,other.token\n')
    expect(error.problems).toEqual([
      'line 2: userId is not a whole number',
      'line 3: token is missing or not a bearer token',
      'line 4: token is missing or not a bearer token',
      'userId 9 is listed twice',
    ])
    expect(JSON.stringify([error.message, error.problems])).not.toMatch(/sec ret|good|other/)
  })

  it('must have the two columns and at least one user', () => {
    expect(refusal('id,jwt\n1,a').problems).toEqual([
      'line 1: the header must name the columns userId and token',
    ])
    expect(refusal('userId,token\n').problems).toEqual(['it lists no user'])
    expect(refusal('').problems).toEqual(['line 1: the header must name the columns userId and token'])
  })
})
