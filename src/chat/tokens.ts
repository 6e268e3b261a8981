import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type CryptoKey, importPKCS8, type KeyObject, SignJWT } from 'jose'
import { reasonOf, StompedeError } from '../errors.ts'

/** Who a user is in the deployment: its id and the bearer token that says so. */
export interface Identity {
  userId: number
  token: string
}

/** Where tokens come from, as plain data, so that it can be handed to a worker thread. */
export type TokenPlan =
  | {
      kind: 'minted'
      /** HMAC secret for HS256, PEM (PKCS #8) for RS256 and ES256. */
      key: string
      algorithm: 'HS256' | 'RS256' | 'ES256'
      /** Claims of each token; `{userId}`, `{email}` and `{index}` in its texts are filled in, `{userId:number}` as a number. */
      claims: Readonly<Record<string, unknown>>
      firstUserId: number
      lifetimeS: number
    }
  | { kind: 'listed'; identities: readonly Identity[] }

/** Gives each user of the plan its identity. */
export interface Tokens {
  userIdOf(index: number): number
  /** The plan index of a user id; undefined for users that are not of this run. */
  indexOf(userId: number): number | undefined
  /** Mints or looks up the token. Minted on demand, so that starting 20,000 users does not begin with a pause. */
  identityOf(index: number): Promise<Identity>
}

/** The claims of the guide's users, as a template. */
export const DEFAULT_CLAIMS = { sub: '{userId}', email: '{email}', userType: 'user' }

/** Prepares a token plan for use. Throws TOKENS_INVALID when the key is not of the algorithm's kind. */
export async function openTokens(plan: TokenPlan): Promise<Tokens> {
  if (plan.kind === 'listed') return listedTokens(plan.identities)
  const key = await signingKey(plan.key, plan.algorithm)
  const { firstUserId, algorithm, lifetimeS, claims } = plan
  return {
    userIdOf: (index) => firstUserId + index,
    indexOf: (userId) => (userId >= firstUserId ? userId - firstUserId : undefined),
    identityOf: async (index) => {
      const userId = firstUserId + index
      const payload = fill(claims, userId, index) as Record<string, unknown>
      const issuedS = Math.floor(Date.now() / 1e3)
      const token = await new SignJWT({ iat: issuedS, exp: issuedS + lifetimeS, ...payload })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
        .sign(key)
      return { userId, token: flat(token) }
    },
  }
}

/**
 * Reads a token file: CSV with a header naming `userId` and `token`, or JSONL with those two properties.
 * Throws TOKENS_INVALID listing every bad line by number; a token itself is never quoted.
 */
export function readTokenFile(file: string): TokenPlan {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new StompedeError('TOKENS_INVALID', `${file}: the token file cannot be read (${reasonOf(error)})`)
  }
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, i) => ({ line: line.trim(), at: i + 1 }))
    .filter(({ line }) => line !== '')
  const rows = lines[0]?.line.startsWith('{') === true ? fromJsonLines(lines) : fromCsv(lines)
  const problems = rows.filter((row): row is string => typeof row === 'string')
  const identities = rows.filter((row): row is Identity => typeof row !== 'string')
  const seen = new Set<number>()
  for (const { userId } of identities) {
    if (seen.has(userId)) problems.push(`userId ${userId} is listed twice`)
    seen.add(userId)
  }
  if (problems.length === 0 && identities.length === 0) problems.push('it lists no user')
  if (problems.length > 0) {
    throw new StompedeError('TOKENS_INVALID', `${file}: not a usable token file`, {
      problems: problems.slice(0, 20),
    })
  }
  return { kind: 'listed', identities }
}

// --- internal ---

/** The same text in one piece of memory: put together from parts, it would keep every part, twice its size. */
function flat(ascii: string): string {
  return Buffer.from(ascii, 'latin1').toString('latin1')
}

function listedTokens(identities: readonly Identity[]): Tokens {
  const indexes = new Map(identities.map(({ userId }, index) => [userId, index]))
  const at = (index: number): Identity => {
    const listed = identities[index]
    if (listed === undefined) {
      throw new StompedeError(
        'TOKENS_INVALID',
        `the token file lists ${identities.length} users; the scenario needs more`,
      )
    }
    return listed
  }
  return {
    userIdOf: (index) => at(index).userId,
    indexOf: (userId) => indexes.get(userId),
    identityOf: (index) => Promise.resolve(at(index)),
  }
}

async function signingKey(
  key: string,
  algorithm: 'HS256' | 'RS256' | 'ES256',
): Promise<Uint8Array | CryptoKey | KeyObject> {
  if (algorithm === 'HS256') return new TextEncoder().encode(key)
  try {
    const pem = createPrivateKey(key).export({ format: 'pem', type: 'pkcs8' })
    return await importPKCS8(String(pem), algorithm)
  } catch {
    // The library's reason could quote the key; the rule is enough.
    throw new StompedeError('TOKENS_INVALID', `the key is not a PEM private key for ${algorithm}`)
  }
}

/** Fills the template's placeholders, at any depth. */
function fill(template: unknown, userId: number, index: number): unknown {
  if (typeof template === 'string') {
    if (template === '{userId:number}') return userId
    if (template === '{index:number}') return index
    return template
      .replaceAll('{userId}', String(userId))
      .replaceAll('{index}', String(index))
      .replaceAll('{email}', `user${userId}@example.com`)
  }
  if (Array.isArray(template)) return template.map((item) => fill(item, userId, index))
  if (template === null || typeof template !== 'object') return template
  return Object.fromEntries(
    Object.entries(template).map(([name, value]) => [name, fill(value, userId, index)]),
  )
}

interface Line {
  line: string
  at: number
}

function fromJsonLines(lines: Line[]): (Identity | string)[] {
  return lines.map(({ line, at }) => {
    let row: { userId?: unknown; token?: unknown }
    try {
      row = JSON.parse(line) as typeof row
    } catch {
      return `line ${at}: is not JSON`
    }
    return identity(row.userId, row.token, at)
  })
}

function fromCsv(lines: Line[]): (Identity | string)[] {
  const [header, ...rest] = lines
  const names = (header?.line ?? '').split(',').map(unquoted)
  const idColumn = names.indexOf('userId')
  const tokenColumn = names.indexOf('token')
  if (idColumn < 0 || tokenColumn < 0) {
    return ['line 1: the header must name the columns userId and token']
  }
  return rest.map(({ line, at }) => {
    const cells = line.split(',').map(unquoted)
    return identity(cells[idColumn], cells[tokenColumn], at)
  })
}

function unquoted(cell: string): string {
  return cell.trim().replace(/^"(.*)"$/, '$1')
}

function identity(userId: unknown, token: unknown, line: number): Identity | string {
  const id = typeof userId === 'string' && userId !== '' ? Number(userId) : userId
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0)
    return `line ${line}: userId is not a whole number`
  if (typeof token !== 'string' || !/^[\w\-+/=.~]+$/.test(token))
    return `line ${line}: token is missing or not a bearer token`
  return { userId: id, token }
}
