/** The command that repeats a run, without what must not stand in a report. `words` are those after `stompede`. */
export function commandLine(words: readonly string[] = process.argv.slice(2)): string {
  const shown = words.map((word, i, all) => {
    const flag = /^--(?:jwt-?secret|amqp-?url)(?==)/i.exec(word)
    if (flag !== null) return `${flag[0]}=…`
    if (/^--(?:jwt-?secret|amqp-?url)$/i.test(all[i - 1] ?? '')) return '…'
    const secret = /^.*?(?:pass|secret|token|key|credential)\w*=/i.exec(word)
    if (secret !== null) return `${secret[0]}…`
    if (/\/\/[^/@]*@/.test(word)) return word.replace(/\/\/[^/@]*@/, '//…@')
    return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
  })
  return ['stompede', ...shown].join(' ')
}
