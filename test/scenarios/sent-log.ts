import { createWriteStream } from 'node:fs'

/** Notes that a user is about to do what is measured, now. */
export type SentLog = (user: number) => void

/**
 * A scenario's own record of when it sent: lines of user index and microseconds of CLOCK_MONOTONIC, taken without any
 * code of the product. Lines are kept back up to 100 ms, so that writing them is no load of its own.
 */
export function openSentLog(path: string): SentLog {
  const file = createWriteStream(path, { flags: 'a' })
  let lines = ''
  setInterval(() => {
    if (lines === '') return
    file.write(lines)
    lines = ''
  }, 100).unref()
  return (user) => {
    lines += `${user} ${process.hrtime.bigint() / 1000n}\n`
  }
}
