import { generateKeyPairSync } from 'node:crypto'
import { createLocalJWKSet, exportJWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { openTokens, type TokenPlan } from '../../src/chat/tokens.ts'
import {
  claimsOf,
  confusingKeys,
  newForger,
  signedByStranger,
  unsigned,
  withAlteredSignature,
} from '../../src/conform/forgery.ts'
import { TOKENS } from './gate-of.ts'

const pairOf = (algorithm: 'RS256' | 'ES256'): ReturnType<typeof generateKeyPairSync> =>
  algorithm === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' })

const PLANS = (['HS256', 'RS256', 'ES256'] as const).map((algorithm) => {
  if (algorithm === 'HS256')
    return {
      algorithm,
      plan: TOKENS as Exclude<TokenPlan, { kind: 'listed' }>,
      key: new TextEncoder().encode(TOKENS.kind === 'minted' ? TOKENS.key : ''),
    }
  const { privateKey, publicKey } = pairOf(algorithm)
  const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return {
    algorithm,
    plan: { ...TOKENS, algorithm, key } as Exclude<TokenPlan, { kind: 'listed' }>,
    key: publicKey,
  }
})

describe.each(PLANS)('the tokens forged for $algorithm', ({ algorithm, plan, key }) => {
  const token = async (): Promise<string> => (await (await openTokens(plan)).identityOf(0)).token
  const verified = (forged: string): Promise<string> =>
    jwtVerify(forged, key, { algorithms: [algorithm] }).then(
      ({ payload }) => `accepted ${payload.sub}`,
      (error: { code: string }) => error.code,
    )

  it('are well made but for the one thing that is wrong', async () => {
    const good = await token()
    expect(await verified(good)).toBe('accepted 1')
    expect(await verified(withAlteredSignature(good))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
    expect(await verified(signedByStranger(good) ?? '')).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
    expect(await verified((await newForger(plan).expired(0)) ?? '')).toBe('ERR_JWT_EXPIRED')
    expect(await verified((await newForger(plan).signed(0, { sub: '9' })) ?? '')).toBe('accepted 9')
    for (const forged of [withAlteredSignature(good), signedByStranger(good) ?? '', unsigned(good)])
      expect(claimsOf(forged)).toEqual(claimsOf(good))
    expect(unsigned(good)).toMatch(/^eyJhbGciOiJub25lIi[\w-]+\.[\w-]+\.$/)
  })

  it('confuse keys only where there is a pair', async () => {
    const forged = confusingKeys(await token(), plan)
    if (algorithm === 'HS256') expect(forged).toBe(undefined)
    else {
      // Who takes the algorithm from the token and the public key as its secret is fooled.
      const jwk = await exportJWK(key)
      expect(() => createLocalJWKSet({ keys: [jwk] })).not.toThrow()
      const pem = String(
        (key as { export(options: object): unknown }).export({ type: 'spki', format: 'pem' }),
      )
      const { payload } = await jwtVerify(forged ?? '', new TextEncoder().encode(pem), {
        algorithms: ['HS256'],
      })
      expect(payload.sub).toBe('1')
    }
  })
})

describe('listed tokens', () => {
  it('leave nothing to sign with', async () => {
    const forger = newForger({ kind: 'listed', identities: [{ userId: 1, token: 'x' }] })
    expect([await forger.expired(0), await forger.signed(0, {})]).toEqual([undefined, undefined])
    expect(signedByStranger('not.a.jwt')).toBe(undefined)
    expect(claimsOf('nonsense')).toEqual({})
  })
})
