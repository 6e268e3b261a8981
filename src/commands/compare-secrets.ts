/**
 * A shell command as it may stand in a report: what follows a flag or a variable that is named like a secret, and what stands
 * before the host of an address, is left out.
 */
export function withoutSecrets(command: string): string {
  return command
    .replaceAll(
      new RegExp(String.raw`(--?[\w-]*${SECRET}[\w-]*)(\s+|=)${VALUE}`, 'gi'),
      (_, flag: string, gap: string) => `${flag}${gap}…`,
    )
    .replaceAll(new RegExp(String.raw`(\b\w*${SECRET}\w*=)${VALUE}`, 'gi'), (_, name: string) => `${name}…`)
    .replaceAll(/\/\/[^/@\s]*@/g, '//…@')
    .replaceAll(/(https?:[^\s?]*\?)[^\s"']*/gi, (_, before: string) => `${before}…`)
}

// --- internal ---

const SECRET = '(?:pass|secret|token|key|credential|amqp-?url)'
const VALUE = String.raw`(?:"[^"]*"|'[^']*'|[^\s;&|]+)`
