import { CORPUS } from './corpus.ts'

/**
 * The token at the start of every message's content. A receiver learns from it alone which run, room, sender and
 * sequence number the message belongs to, when it was planned, and what the rest of the content must be, so loss,
 * duplicates, order, latency and damage are judged without a map shared between sender and receiver.
 *
 * Layout, fixed width, base 36 unless said:
 *   `~` run(4, text) room(6) sender(5) seq(6) attempt(1) planned µs since run start(8) corpus offset(4) length(4) check(2)
 */
export interface Token {
  run: string
  room: number
  sender: number
  /** Counts from 0 for each (room, sender). */
  seq: number
  /** 1 for the first POST of this message, 2… for documented retries. */
  attempt: number
  /** Planned send time, µs after the run's start. */
  plannedUs: number
}

export const TOKEN_LENGTH = 41
export const RUN_LENGTH = 4

/** The message text for a token: the token followed by filler cut from the corpus, `length` UTF-16 units in all. */
export function composeContent(token: Token, length: number, fillerOffset: number): string {
  const wanted = Math.max(0, Math.min(length - TOKEN_LENGTH, MAX_FILLER))
  const start = wholeCharacter(fillerOffset % (CORPUS.length - wanted))
  const end = wholeCharacter(start + wanted)
  const head =
    '~' +
    token.run +
    digits(token.room, 6) +
    digits(token.sender, 5) +
    digits(token.seq, 6) +
    digits(token.attempt, 1) +
    digits(token.plannedUs, 8) +
    digits(start, 4) +
    digits(TOKEN_LENGTH + end - start, 4)
  return head + digits(checksum(head), 2) + CORPUS.slice(start, end)
}

/**
 * Reads the token of a content into `into` (reused by the caller, so that nothing is allocated per delivery).
 * False when there is none (foreign traffic) or its check digits are wrong (damaged).
 */
export function readToken(content: string, into: Token): boolean {
  if (content.length < TOKEN_LENGTH || content.charCodeAt(0) !== 0x7e) return false
  if (checksum(content) !== number(content, 39, 2)) return false
  into.run = content.slice(1, 5)
  into.room = number(content, 5, 6)
  into.sender = number(content, 11, 5)
  into.seq = number(content, 16, 6)
  into.attempt = number(content, 22, 1)
  into.plannedUs = number(content, 23, 8)
  return true
}

export function emptyToken(): Token {
  return { run: '', room: 0, sender: 0, seq: 0, attempt: 0, plannedUs: 0 }
}

/** Whether the content behind a valid token is, to the character, what was composed. */
export function isIntact(content: string): boolean {
  const start = number(content, 31, 4)
  const length = number(content, 35, 4)
  return content.length === length && CORPUS.startsWith(content.slice(TOKEN_LENGTH), start)
}

// --- internal ---

const MAX_FILLER = CORPUS.length >> 1

/** The nearest index at or before `index` that does not split a surrogate pair. */
function wholeCharacter(index: number): number {
  const unit = CORPUS.charCodeAt(index)
  return unit >= 0xdc00 && unit <= 0xdfff ? index - 1 : index
}

function digits(value: number, width: number): string {
  return Math.round(value).toString(36).padStart(width, '0')
}

function number(text: string, start: number, width: number): number {
  let value = 0
  for (let i = start; i < start + width; i++) {
    const unit = text.charCodeAt(i)
    // 0-9 then a-z; anything else gives a number no check digit confirms.
    value = value * 36 + (unit < 58 ? unit - 48 : unit - 87)
  }
  return value
}

/** A polynomial hash of the token's digits folded to two base-36 digits: a damaged token passes 1 time in 1,296. */
function checksum(text: string): number {
  let hash = 0
  for (let i = 1; i < 39; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return (hash >>> 0) % 1296
}
