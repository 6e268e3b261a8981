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
    // What follows the path of an address may be a key to it.
    if (/^(?:--otlp=)?https?:[^?]*\?/i.test(word)) return quoted(`${word.slice(0, word.indexOf('?'))}?…`)
    const secret = /^.*?(?:pass|secret|token|key|credential)\w*=/i.exec(word)
    if (secret !== null) return `${secret[0]}…`
    if (/\/\/[^/@]*@/.test(word)) return word.replace(/\/\/[^/@]*@/, '//…@')
    return quoted(word)
  })
  return ['stompede', ...shown].join(' ')
}

// --- internal ---

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
