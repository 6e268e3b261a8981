import type { TokenPlan } from '../chat/tokens.ts'
import { quoted, type ShownToken } from './curl.ts'
import { claimsOf, type Forgery } from './forgery.ts'

/**
 * How a shell comes by a forged token: the token itself where nothing secret went into it, otherwise how to make it from
 * `$TOKEN` or from the key that tokens are signed with.
 */
export function recipeOf(forgery: Forgery, token: string, plan: TokenPlan): ShownToken {
  if (forgery === 'expired')
    return signedRecipe(token, plan, 'expired: validly signed, two hours past its exp')
  const made = {
    // With one character put back it would be the good token again: it is made, not shown.
    'altered signature': ALTERED,
    'foreign key': quoted(token),
    'alg none': quoted(token),
    'key confusion': quoted(token),
  }[forgery]
  return { text: VARIABLE, before: `FORGED=${made} # ${WHAT[forgery]}` }
}

/** How a shell comes by a token with these claims that is signed with the deployment's own key. */
export function signedRecipe(token: string, plan: TokenPlan, what: string): ShownToken {
  if (plan.kind === 'listed') return { text: VARIABLE, before: `# FORGED: ${what}` }
  const { algorithm } = plan
  const code = [
    'const c=require("crypto"),b=x=>Buffer.from(JSON.stringify(x)).toString("base64url")',
    'n=Math.floor(Date.now()/1e3)',
    `i=b({alg:"${algorithm}",typ:"JWT"})+"."+b(${claimsCode(token)})`,
    `console.log(i+"."+${SIGNATURE[algorithm]}.toString("base64url"))`,
  ]
  const script = `${code.slice(0, -1).join(',')};${code.at(-1)}`
  const key = algorithm === 'HS256' ? 'STOMPEDE_JWT_SECRET holds the secret' : 'JWT_KEY names the key file'
  return { text: VARIABLE, before: `FORGED=$(node -e ${quoted(script)}) # ${what}; ${key}` }
}

// --- internal ---

const VARIABLE = '$FORGED'

/** The first character of the signature becomes A, or B where it is A. */
const ALTERED = `"\${TOKEN%.*}.$(printf %s "\${TOKEN##*.}" | sed -e 's/^A/:/' -e 's/^[^:]/A/' -e 's/^:/B/')"`

const WHAT: Readonly<Record<Exclude<Forgery, 'expired'>, string>> = {
  'altered signature': 'altered signature: the good token with another first character in its signature',
  'foreign key': 'foreign key: the claims of the good token, signed with a key made for this case',
  'alg none': 'alg none: the claims of the good token without a signature',
  'key confusion': 'key confusion: the claims of the good token, HS256 with the public key as the secret',
}

const SIGNATURE: Readonly<Record<'HS256' | 'RS256' | 'ES256', string>> = {
  HS256: 'c.createHmac("sha256",process.env.STOMPEDE_JWT_SECRET).update(i).digest()',
  RS256: 'c.sign("sha256",i,require("fs").readFileSync(process.env.JWT_KEY))',
  ES256: 'c.sign("sha256",i,{key:require("fs").readFileSync(process.env.JWT_KEY),dsaEncoding:"ieee-p1363"})',
}

/** The claims as code; times are kept at their distance from now. */
function claimsCode(token: string): string {
  const nowS = Math.floor(Date.now() / 1e3)
  const parts = Object.entries(claimsOf(token)).map(([name, value]) => {
    const isTime = ['iat', 'exp', 'nbf'].includes(name) && typeof value === 'number'
    return `${JSON.stringify(name)}:${isTime ? `n+(${Math.round(value - nowS)})` : JSON.stringify(value)}`
  })
  return `{${parts.join(',')}}`
}
