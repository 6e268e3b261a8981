/** The command that repeats a run, without what must not stand in a report. `words` are those after `stompede`. */
export function commandLine(words: readonly string[] = process.argv.slice(2)): string {
  let isHeader = false
  const shown = words.map((word, i, all) => {
    // A list of headers goes on until the next flag, and any of them may be a secret.
    const header = /^(--otlp-?headers)(?:=([^=]*))?/i.exec(word)
    if (header !== null || word.startsWith('-')) isHeader = header !== null
    if (header?.[2] !== undefined) return `${header[1]}=${header[2]}=…`
    if (isHeader && header === null) return word.replace(/^(?:([\w-]+=)[^]*|[^]*)$/, '$1…')
    const flag = /^--(?:jwt-?secret|amqp-?url|dashboard-?token)(?==)/i.exec(word)
    if (flag !== null) return `${flag[0]}=…`
    if (/^--(?:jwt-?secret|amqp-?url|dashboard-?token)$/i.test(all[i - 1] ?? '')) return '…'
    const bare = withoutKeys(word)
    const secret = /^.*?(?:pass|secret|token|key|credential)\w*=/i.exec(bare)
    return secret === null ? quoted(bare) : `${secret[0]}…`
  })
  return ['stompede', ...shown].join(' ')
}

// --- internal ---

/** Without what stands before the host of an address, and what follows its path: both may be a key to it. */
function withoutKeys(word: string): string {
  return word
    .replace(/((?:https?|wss?):[/\\]*|\/\/)[^/\\?#]*@/i, '$1…@')
    .replace(/((?:https?|wss?):[^?#]*[?#])[^]+$/i, '$1…')
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
