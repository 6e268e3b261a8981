import { StompedeError } from '../errors.ts'
import type { Level } from '../measure/conformance.ts'
import { SECTIONS, type Rule, type RuleText } from './rule.ts'

/**
 * The rules that the words choose, in the order of the catalogue: each word is an id, a glob over ids (`STOMP-*`), a
 * section or a level, and chooses what fits it; no word chooses all. Throws USAGE naming every word that fits nothing.
 */
export function selectRules(words: readonly string[], rules: readonly Rule[]): Rule[] {
  if (words.length === 0) return [...rules]
  const problems: string[] = []
  const chosen = new Set<Rule>()
  for (const word of words) {
    const fitting = rules.filter((rule) => fits(word, rule))
    if (fitting.length === 0)
      problems.push(`${JSON.stringify(word)} is no rule, section or level${nearest(word, rules)}`)
    for (const rule of fitting) chosen.add(rule)
  }
  if (problems.length > 0) throw new StompedeError('USAGE', 'the selection matches nothing', { problems })
  return rules.filter((rule) => chosen.has(rule))
}

/** A glob as an expression over whole texts: `*` is any number of characters, `?` is one. Case counts for nothing. */
export function globOf(glob: string): RegExp {
  const pattern = glob
    .split(/([*?])/)
    .map((part) => (part === '*' ? '.*' : part === '?' ? '.' : RegExp.escape(part)))
    .join('')
  return new RegExp(`^${pattern}$`, 'is')
}

// --- internal ---

const LEVELS: readonly Level[] = ['MUST', 'SHOULD', 'INFO']

function fits(word: string, { id, section, level }: RuleText): boolean {
  if (Object.hasOwn(SECTIONS, word.toLowerCase())) return section === word.toLowerCase()
  if ((LEVELS as readonly string[]).includes(word.toUpperCase())) return level === word.toUpperCase()
  return globOf(word).test(id)
}

/** Ids that begin alike, for whoever mistyped one. */
function nearest(word: string, rules: readonly Rule[]): string {
  const stem = word.toUpperCase().split('-').slice(0, 2).join('-')
  const alike = rules.filter(({ id }) => id.startsWith(stem)).map(({ id }) => id)
  if (alike.length > 0) return `; there are ${alike.slice(0, 10).join(', ')}`
  return `; sections are ${Object.keys(SECTIONS).join(', ')}`
}
