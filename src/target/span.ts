/** The milliseconds of a time span such as `200us`, `5ms` or `1.5s`; undefined when the text is none. */
export function spanMs(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) * MS_OF[unit as keyof typeof MS_OF]
}

// --- internal ---

const MS_OF = { us: 1e-3, ms: 1, s: 1e3 }
