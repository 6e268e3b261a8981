import { createHmac, createPublicKey, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { TokenPlan } from '../chat/tokens.ts'
import { openTokens } from '../chat/tokens.ts'

/** Tokens a deployment must refuse. */
export type Forgery = 'expired' | 'foreign key' | 'altered signature' | 'alg none' | 'key confusion'

/** Makes the tokens that a deployment must refuse. Each is as good as the real one but for one thing. */
export interface Forger {
  /** Validly signed, with these claims changed; undefined when there is no key to sign with. */
  signed(index: number, claims: Readonly<Record<string, unknown>>): Promise<string | undefined>
  /** Validly signed and expired two hours ago; undefined when there is no key to sign with. */
  expired(index: number): Promise<string | undefined>
}

/** A forger for the users of a plan; with listed tokens there is no key, so only the functions below can forge. */
export function newForger(plan: TokenPlan): Forger {
  const signed: Forger['signed'] = async (index, claims) => {
    if (plan.kind === 'listed') return undefined
    const tokens = await openTokens({ ...plan, claims: { ...plan.claims, ...claims } })
    return (await tokens.identityOf(index)).token
  }
  return {
    signed,
    expired(index) {
      const nowS = Math.floor(Date.now() / 1e3)
      return signed(index, { iat: nowS - 3 * HOUR_S, exp: nowS - 2 * HOUR_S })
    },
  }
}

/** The claims of a token; empty where it is no JWT. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return partOf(token, 1)
}

/** The same claims under a signature in which one character differs. */
export function withAlteredSignature(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  // The first character stands for six whole bits; of the last one, some bits may mean nothing.
  const other = signature.startsWith('A') ? 'B' : 'A'
  return `${header}.${payload}.${other}${signature.slice(1)}`
}

/** The same claims without a signature: `alg` none (RFC 7519, 6). */
export function unsigned(token: string): string {
  return `${encoded({ alg: 'none', typ: 'JWT' })}.${token.split('.')[1] ?? ''}.`
}

/** The same header and claims, signed with a key the deployment has never seen; undefined for an unknown algorithm. */
export function signedByStranger(token: string): string | undefined {
  const [header = '', payload = ''] = token.split('.')
  const input = `${header}.${payload}`
  const algorithm = partOf(token, 0)['alg']
  if (algorithm === 'HS256') return `${input}.${hmac(input, randomBytes(32))}`
  if (algorithm === 'RS256') {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return `${input}.${createSign('SHA256').update(input).sign(privateKey, 'base64url')}`
  }
  if (algorithm !== 'ES256') return undefined
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${createSign('SHA256').update(input).sign(key, 'base64url')}`
}

/**
 * The same claims as HS256, with the deployment's public key as the secret: accepted by whoever lets the token choose
 * its algorithm. Undefined when the plan has no key pair.
 */
export function confusingKeys(token: string, plan: TokenPlan): string | undefined {
  if (plan.kind === 'listed' || plan.algorithm === 'HS256') return undefined
  const publicKey = createPublicKey(plan.key).export({ type: 'spki', format: 'pem' })
  const input = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${token.split('.')[1] ?? ''}`
  return `${input}.${hmac(input, Buffer.from(String(publicKey)))}`
}

// --- internal ---

const HOUR_S = 3_600

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function hmac(input: string, secret: Buffer): string {
  return createHmac('sha256', secret).update(input).digest('base64url')
}

function partOf(token: string, index: number): Readonly<Record<string, unknown>> {
  try {
    const text = Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8')
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}
