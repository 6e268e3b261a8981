import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nowUs } from '../../src/clock.ts'
import { openJournal } from '../../src/target/journal.ts'
import { startChat } from './chat.ts'

const folder = mkdtempSync(join(tmpdir(), 'stompede-journal-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newFile = (): string => join(folder, `${++files}.ndjson`)

interface SendLine {
  type: 'send'
  arrivedUs: number
  publishedUs: number
  answeredUs: number
  token: string
  [field: string]: unknown
}

function linesOf(file: string): Record<string, unknown>[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function sendsIn(file: string): SendLine[] {
  return linesOf(file).filter(({ type }) => type === 'send') as SendLine[]
}

const body = (content: string): unknown => ({ roomId: 1, message: { message_type: 'text', content } })

describe('the journal of a target', () => {
  it('has each message with its moments in their order, on the one clock', async () => {
    const journal = newFile()
    const beforeUs = nowUs()
    const chat = await startChat({ journal, service: 'constant(30ms)' })
    await chat.call(2, '/chat-ws/send-message', body(`~${'x'.repeat(60)}`))
    await chat.call(1, '/chat-ws/typing-start', { roomId: 1 })
    await chat.close()
    const afterUs = nowUs()
    const [head, ...rest] = linesOf(journal)
    expect(head).toMatchObject({ type: 'target', pid: process.pid })
    expect(rest).toHaveLength(1)
    const [send] = sendsIn(journal) as [SendLine]
    expect(send).toEqual({
      type: 'send',
      arrivedUs: send.arrivedUs,
      publishedUs: send.publishedUs,
      answeredUs: send.answeredUs,
      status: 201,
      room: 1,
      sender: 2,
      id: 1,
      token: `~${'x'.repeat(39)}`,
      copies: 1,
    })
    expect(send.arrivedUs).toBeGreaterThan(beforeUs)
    // A timer may fire within the millisecond before it is due.
    expect(send.publishedUs - send.arrivedUs).toBeGreaterThanOrEqual(29_000)
    expect(send.answeredUs).toBeGreaterThanOrEqual(send.publishedUs)
    expect(send.answeredUs).toBeLessThan(afterUs)
  })

  it('tells what became of a message that is lost, doubled or swapped, and what was planted', async () => {
    const journal = newFile()
    const chat = await startChat({ journal, faults: ['loss:1/4', 'duplicate:1/3', 'swap:1/2'] })
    for (let i = 1; i <= 8; i++) await chat.call(1, '/chat-ws/send-message', body(`message ${i}`))
    await chat.close()
    const sends = sendsIn(journal).toSorted((a, b) => Number(a['id']) - Number(b['id']))
    // 4 and 8 are lost. 2 waits for 3, 6 for 7. Published in this order: 1, 3, 2, 5, 7, 6; every third twice.
    expect(sends.map(({ id, copies }) => [id, copies])).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
      [4, 0],
      [5, 1],
      [6, 2],
      [7, 1],
      [8, 0],
    ])
    for (const { id, publishedUs, answeredUs, status } of sends) {
      expect(status).toBe(201)
      if (id === 4 || id === 8) expect(publishedUs).toBeNull()
      else if (id === 2 || id === 6) expect(publishedUs).toBeGreaterThan(answeredUs)
      else expect(publishedUs).toBeLessThan(answeredUs)
    }
    const faults = linesOf(journal).filter(({ type }) => type === 'fault')
    expect(faults.map(({ name, messageId }) => [name, messageId])).toEqual([
      ['swap', 2],
      ['duplicate', 2],
      ['loss', 4],
      ['swap', 6],
      ['duplicate', 6],
      ['loss', 8],
    ])
    expect(faults[0]).toMatchObject({ atUs: expect.any(Number) as number, afterMessageId: 3 })
  })

  it('has the status of the answer that went out', async () => {
    const journal = newFile()
    const chat = await startChat({ journal, faults: ['reject-late'] })
    await chat.call(1, '/chat-ws/send-message', body('one'))
    await chat.call(4, '/chat-ws/send-message', body('not a member: never carried out'))
    await chat.close()
    expect(sendsIn(journal).map(({ sender, status, copies }) => [sender, status, copies])).toEqual([
      [1, 403, 1],
    ])
  })

  it('has at its end what had no answer, and what was held back for ever', async () => {
    const file = newFile()
    const journal = openJournal(file, () => undefined)
    const arrival = { arrivedUs: 1, room: 7, sender: 3, content: 'short' }
    journal.send(arrival).answered(undefined)
    const unanswered = journal.send({ ...arrival, arrivedUs: 2 })
    unanswered.named(12)
    unanswered.published()
    const held = journal.send({ ...arrival, arrivedUs: 3 })
    held.held()
    held.answered(201)
    await journal.close()
    const moment = expect.any(Number) as number
    expect(sendsIn(file)).toMatchObject([
      {
        arrivedUs: 1,
        publishedUs: null,
        answeredUs: null,
        status: null,
        id: null,
        copies: 0,
        token: 'short',
      },
      { arrivedUs: 2, publishedUs: moment, answeredUs: null, status: null, id: 12, copies: 1 },
      { arrivedUs: 3, publishedUs: null, answeredUs: moment, status: 201, copies: 0 },
    ])
  })

  it('has the freezes', async () => {
    const journal = newFile()
    const chat = await startChat({ journal, freeze: '50ms/150ms' })
    const found = async (): Promise<Record<string, unknown> | undefined> => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return linesOf(journal).find(({ type }) => type === 'freeze')
    }
    let freeze = await found().catch(() => undefined)
    while (freeze === undefined) freeze = await found().catch(() => undefined)
    await chat.close()
    expect(Number(freeze['endUs']) - Number(freeze['startUs'])).toBeGreaterThanOrEqual(50_000)
  })

  it('is appended to', async () => {
    const file = newFile()
    writeFileSync(file, '{"type":"earlier"}\n')
    const journal = openJournal(file, () => undefined)
    journal.freeze(1, 2)
    await journal.close()
    expect(linesOf(file).map(({ type }) => type)).toEqual(['earlier', 'target', 'freeze'])
  })

  it('that cannot be opened is one clear error, and one that breaks is told once', async () => {
    await expect(startChat({ journal: '/nowhere/journal.ndjson' })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(
        /^--journal \/nowhere\/journal\.ndjson: the file cannot be written \(ENOENT/,
      ) as string,
    })
    const broken: unknown[] = []
    const journal = openJournal('/dev/full', (error) => broken.push(error))
    journal.flush()
    journal.freeze(1, 2)
    await journal.close()
    expect(broken.map(String)).toEqual([
      expect.stringMatching(/^Error: the journal \/dev\/full ends here: ENOSPC/),
    ])
  })
})
