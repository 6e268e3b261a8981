import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { JSONWebKeySet, JWTPayload } from 'jose'
import { reasonOf, StompedeError } from '../errors.ts'
import { hits, type FaultPlan } from './faults.ts'

/** How the target knows a good token: by a shared secret (HS256), or by a public key (RS256 or ES256). */
export type TokenTrust =
  | { kind: 'secret'; secret: string }
  /** `key` is the text of a PEM public key or of a JWKS. */
  | { kind: 'public-key'; key: string }

export interface Identity {
  userId: number
  email: string | undefined
  userType: string | undefined
}

export type Authentication = { ok: true; identity: Identity } | { ok: false; reason: string }

/** Judges an Authorization header. Synchronous for a token seen before. */
export type Authenticate = (authorization: string | undefined) => Authentication | Promise<Authentication>

/**
 * Verified tokens are remembered, at most `maxCached` of them, the least recently used forgotten first; `exp` is
 * checked again on every use. A token that was refused is verified anew each time.
 * @throws StompedeError USAGE when the public key is neither an RSA nor a P-256 key in PEM, nor a JWKS.
 */
export function createAuthentication(trust: TokenTrust, plan: FaultPlan, maxCached = 100_000): Authenticate {
  const verify = createVerifier(trust)
  const verified = new Map<string, { authentication: Authentication; expiresAtS: number }>()

  /** Who says nothing that could be verified may be let in as user 1. */
  const letIn = (
    name: 'accept-anonymous' | 'accept-garbage-token',
    otherwise: Authentication = MISSING,
  ): Authentication => (hits(plan.switches[name], { userId: 1 }) ? identify({ userId: 1 }) : otherwise)

  async function authenticate(token: string): Promise<Authentication> {
    const outcome = await verify(token)
    if (!outcome.ok) {
      if (!isReadable(token)) return letIn('accept-garbage-token', outcome)
      const accepted = acceptedAnyway(token, outcome.reason, plan)
      return accepted === undefined ? outcome : identify(accepted)
    }
    const authentication = identify(outcome.claims)
    if (authentication.ok) {
      verified.set(token, { authentication, expiresAtS: outcome.claims.exp ?? Infinity })
      if (verified.size > maxCached) verified.delete(verified.keys().next().value!)
    }
    return authentication
  }

  return (authorization) => {
    const token = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1]
    if (token === undefined)
      return authorization === undefined ? letIn('accept-anonymous') : letIn('accept-garbage-token')
    const known = verified.get(token)
    if (known === undefined) return authenticate(token)
    verified.delete(token)
    if (known.expiresAtS <= Date.now() / 1e3) return authenticate(token)
    verified.set(token, known)
    return known.authentication
  }
}

// --- internal ---

const MISSING: Authentication = { ok: false, reason: 'no bearer token' }

type Verification =
  | { ok: true; claims: JWTPayload }
  | { ok: false; reason: 'jwt expired' | 'jwt not active' | 'invalid signature' | 'invalid token' }

function createVerifier(trust: TokenTrust): (token: string) => Promise<Verification> {
  if (trust.kind === 'secret') {
    const secret = new TextEncoder().encode(trust.secret)
    return (token) => outcomeOf(jwtVerify(token, secret, { algorithms: ['HS256'] }))
  }
  if (trust.key.trimStart().startsWith('{')) {
    const keys = createLocalJWKSet(readJwks(trust.key))
    return (token) => outcomeOf(jwtVerify(token, keys, { algorithms: ['RS256', 'ES256'] }))
  }
  const { key, algorithm } = readPem(trust.key)
  return (token) => outcomeOf(jwtVerify(token, key, { algorithms: [algorithm] }))
}

async function outcomeOf(verification: Promise<{ payload: JWTPayload }>): Promise<Verification> {
  try {
    return { ok: true, claims: (await verification).payload }
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { ok: false, reason: 'jwt expired' }
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf')
      return { ok: false, reason: 'jwt not active' }
    if (error instanceof errors.JWSSignatureVerificationFailed)
      return { ok: false, reason: 'invalid signature' }
    return { ok: false, reason: 'invalid token' }
  }
}

/** The claims of a token that a planted fault lets in. */
function acceptedAnyway(
  token: string,
  reason: string,
  { switches, isEmpty }: FaultPlan,
): JWTPayload | undefined {
  if (isEmpty) return undefined
  const fault =
    reason === 'jwt expired'
      ? switches['accept-expired-jwt']
      : reason === 'jwt not active'
        ? switches['accept-early-jwt']
        : reason === 'invalid signature'
          ? switches['accept-bad-signature']
          : isUnsigned(token)
            ? switches['accept-alg-none']
            : undefined
  if (fault?.isDue() !== true) return undefined
  const claims = decodeJwt(token)
  fault.planted({ userId: userIdOf(claims) ?? 0 })
  return claims
}

function isUnsigned(token: string): boolean {
  return isReadable(token) && decodeProtectedHeader(token).alg === 'none'
}

function isReadable(token: string): boolean {
  try {
    return decodeProtectedHeader(token) !== undefined && decodeJwt(token) !== undefined
  } catch {
    return false
  }
}

function identify(claims: JWTPayload): Authentication {
  const userId = userIdOf(claims)
  if (userId === undefined)
    return { ok: false, reason: 'the token names no user: sub or userId must be an id' }
  return {
    ok: true,
    identity: { userId, email: textOf(claims['email']), userType: textOf(claims['userType']) },
  }
}

function userIdOf({ sub, userId }: JWTPayload): number | undefined {
  const id = Number(userId ?? sub)
  return Number.isSafeInteger(id) && id > 0 ? id : undefined
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined
}

function readJwks(text: string): JSONWebKeySet {
  try {
    const jwks = JSON.parse(text) as JSONWebKeySet
    createLocalJWKSet(jwks)
    return jwks
  } catch (error) {
    throw new StompedeError('USAGE', `the public key is no JWKS: ${reasonOf(error)}`, { cause: error })
  }
}

function readPem(text: string): { key: KeyObject; algorithm: 'RS256' | 'ES256' } {
  let key: KeyObject
  try {
    key = createPublicKey(text)
  } catch (error) {
    throw new StompedeError('USAGE', `the public key is no PEM: ${reasonOf(error)}`, { cause: error })
  }
  if (key.asymmetricKeyType === 'rsa') return { key, algorithm: 'RS256' }
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return { key, algorithm: 'ES256' }
  throw new StompedeError('USAGE', 'the public key must be RSA (RS256) or on the curve P-256 (ES256)')
}
