import { readFileSync } from 'node:fs'

/** A send-message as the target's journal has it. Times are µs on the machine's one clock. */
export interface JournalSend {
  arrivedUs: number
  /** Null when it reached nobody. */
  publishedUs: number | null
  /** Null when the client was gone. */
  answeredUs: number | null
  status: number | null
  room: number
  /** The sender's user id. */
  sender: number
  /** The id the target gave it. */
  id: number | null
  token: string
  copies: number
}

export interface JournalFreeze {
  startUs: number
  endUs: number
}

/** What a target did, by its own word. */
export interface TargetJournal {
  sends: JournalSend[]
  freezes: JournalFreeze[]
  /** How often each fault was planted. */
  faults: Record<string, number>
}

/** Reads a journal from its documentation, with none of the code that wrote it. */
export function readJournal(path: string): TargetJournal {
  const journal: TargetJournal = { sends: [], freezes: [], faults: {} }
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    const entry = JSON.parse(line) as { type: string; name: string }
    if (entry.type === 'send') journal.sends.push(entry as unknown as JournalSend)
    else if (entry.type === 'freeze') journal.freezes.push(entry as unknown as JournalFreeze)
    else if (entry.type === 'fault') journal.faults[entry.name] = (journal.faults[entry.name] ?? 0) + 1
  }
  return journal
}

/** What the token at the start of a content says. Its layout: see `src/measure/token.ts`; read here a second time. */
export interface TokenWords {
  run: string
  /** The sender's index in the plan. */
  user: number
  /** From 0 for each sender in a room. */
  number: number
  /** Planned moment, µs after the run's start. */
  plannedUs: number
}

export function wordsOf(token: string): TokenWords {
  const [, run = '', user = '', number = '', planned = ''] =
    /^~(.{4}).{6}(.{5})(.{6}).{1}(.{8})/.exec(token) ?? []
  return {
    run,
    user: Number.parseInt(user, 36),
    number: Number.parseInt(number, 36),
    plannedUs: Number.parseInt(planned, 36),
  }
}
