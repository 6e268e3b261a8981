import { execFile } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { DEFAULT_CLAIMS, openTokens, type TokenPlan } from '../../src/chat/tokens.ts'
import { curlLine } from '../../src/conform/curl.ts'
import { claimsOf } from '../../src/conform/forgery.ts'
import { signedRecipe } from '../../src/conform/forgery-recipe.ts'
import { runGate } from '../../src/conform/gate.ts'
import { DEFAULT_JWT_SECRET, DEFAULT_TARGET, startTarget } from '../../src/target/server.ts'
import { gateRequest, rulesNamed, TOKENS } from './gate-of.ts'

const WORLD = { users: 3, firstUserId: 1, rooms: [[1, 2], [3]] }
const directory = mkdtempSync(join(tmpdir(), 'stompede-forgery-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** What a shell says to these lines. */
async function shell(lines: readonly string[], env: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euc', lines.join('\n')], {
    env: { ...process.env, ...env },
  })
  return stdout
}

describe('what a red case of a forged token says to do', () => {
  it.each([
    ['accept-bad-signature', 'HTTP-AUTH-03', /^FORGED="\$\{TOKEN%\.\*\}.* # altered signature: /],
    ['accept-alg-none', 'HTTP-AUTH-05', /^FORGED='eyJ[\w-]+\.[\w-]+\.' # alg none: /],
    ['accept-expired-jwt', 'HTTP-AUTH-04', /^FORGED=\$\(node -e '.*\) # expired: .*STOMPEDE_JWT_SECRET/],
    ['accept-early-jwt', 'HTTP-AUTH-06', /^FORGED=\$\(node -e '.*\) # validly signed, nbf changed/],
    ['accept-anonymous', 'HTTP-AUTH-01', undefined],
    ['accept-garbage-token', 'HTTP-AUTH-02', undefined],
  ])('with %s really gets past it, and not past a healthy target', async (fault, id, recipe) => {
    const targets = [[fault], []].map((faults) =>
      startTarget({ ...DEFAULT_TARGET, world: WORLD, faults }, () => undefined),
    )
    const [faulty, healthy] = await Promise.all(targets)
    if (faulty === undefined || healthy === undefined) throw new Error('two targets')
    try {
      const { result } = await runGate(gateRequest(faulty.address.apiUrl, rulesNamed(id)))
      expect(result.cases[0]?.state).toBe('FAIL')
      const lines = result.cases[0]?.reproduce.slice(1) ?? []
      expect(lines).toHaveLength(recipe === undefined ? 1 : 2)
      if (recipe !== undefined) expect(lines[0]).toMatch(recipe)
      const { token } = await (await openTokens(TOKENS)).identityOf(0)
      // Neither the token itself nor anything it could be had from.
      expect(lines.join('')).not.toContain(token.split('.')[2]?.slice(1))
      const env = { TOKEN: token, STOMPEDE_JWT_SECRET: DEFAULT_JWT_SECRET }
      expect(await shell(lines, env)).toMatch(/^HTTP\/1\.1 201/)
      const { apiUrl } = healthy.address
      const there = lines.map((line) => line.replaceAll(faulty.address.apiUrl, apiUrl))
      expect(await shell(there, env)).toMatch(/^HTTP\/1\.1 401/)
    } finally {
      await Promise.all([faulty.close(), healthy.close()])
    }
  })

  it.each(['RS256', 'ES256'] as const)(
    'makes a token that is signed with a key file, %s',
    async (algorithm) => {
      const { privateKey } =
        algorithm === 'RS256'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
      const file = join(directory, `${algorithm}.pem`)
      writeFileSync(file, key)
      const plan: TokenPlan = {
        ...TOKENS,
        kind: 'minted',
        key,
        algorithm,
        claims: DEFAULT_CLAIMS,
        firstUserId: 1,
        lifetimeS: 60,
      }
      const nowS = Math.floor(Date.now() / 1e3)
      const changed = { ...plan, claims: { ...DEFAULT_CLAIMS, nbf: nowS + 3_600, name: "O'Neill $HOME" } }
      const { token } = await (await openTokens(changed)).identityOf(0)
      const { before } = signedRecipe(token, plan, 'nbf changed')
      const made = (await shell([before, 'printf %s "$FORGED"'], { JWT_KEY: file })).trim()
      const claims = claimsOf(made)
      expect(claims).toMatchObject({ sub: '1', name: "O'Neill $HOME" })
      expect(Math.abs(Number(claims['nbf']) - nowS - 3_600)).toBeLessThan(30)
      const target = await startTarget(
        {
          ...DEFAULT_TARGET,
          world: WORLD,
          trust: { kind: 'public-key', key: publicPem(privateKey) },
          faults: ['accept-early-jwt'],
        },
        () => undefined,
      )
      try {
        const answer = await fetch(`${target.address.apiUrl}/chat-ws/connect`, {
          method: 'POST',
          headers: { authorization: `Bearer ${made}` },
        })
        expect(answer.status).toBe(201)
      } finally {
        await target.close()
      }
    },
  )
})

describe('a line of curl', () => {
  const line = (authorization: string): string =>
    curlLine(
      { method: 'POST', url: 'http://x/y', headers: { authorization }, body: '' },
      { own: 'eyJh.eyJi.c', shown: new Map([['eyJh.eyJi.', { text: '$FORGED', before: 'FORGED=1' }]]) },
    )

  it.each([
    ['Bearer eyJh.eyJi.c', `"authorization: Bearer $TOKEN"`],
    ['Bearer eyJh.eyJi.cx', '"authorization: Bearer ${TOKEN}x"'],
    ['Bearer garbage', '"authorization: Bearer garbage"'],
    ['Bearer ', '"authorization: Bearer "'],
    ['Basic dXNlcjpwYXNz', '"authorization: Basic dXNlcjpwYXNz"'],
    // Nobody knows whose it is.
    ['Bearer eyJz.eyJi.c', `"authorization: Bearer $TOKEN"`],
  ])('with %s says %s', (authorization, shown) => {
    expect(line(authorization)).toBe(`curl -i -X POST 'http://x/y' -H ${shown}`)
  })

  it('comes after the line that makes its token', () => {
    expect(line('Bearer eyJh.eyJi.')).toBe(
      `FORGED=1\ncurl -i -X POST 'http://x/y' -H "authorization: Bearer $FORGED"`,
    )
  })
})

// --- internal ---

function publicPem(privateKey: KeyObject): string {
  return String(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }))
}
