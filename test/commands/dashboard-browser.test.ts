import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readResult } from '../../src/report/read-result.ts'
import { isChromiumMissing, launchChromium } from '../report/browser.ts'

const reports = mkdtempSync(join(tmpdir(), 'stompede-dashboard-'))
afterAll(() => rmSync(reports, { recursive: true }))

/** Starts a short run with a live page; resolves with its address and, later, with how it ended. */
async function startRun(...flags: string[]): Promise<{ url: string; ended: Promise<number | null> }> {
  const child = spawn(
    process.execPath,
    ['src/stompede.js', 'run', 'scenarios/smoke.ts', '-d', '12s', '--reports', reports, ...flags],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let told = ''
  for await (const chunk of child.stderr.setEncoding('utf8')) {
    told += chunk as string
    const url = /live page at (\S+)/.exec(told)?.[1]
    if (url === undefined) continue
    child.stderr.resume()
    return { url, ended }
  }
  throw new Error(`no address: ${told}`)
}

describe.skipIf(isChromiumMissing)('the live page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  it('follows a run and ends as its report', { timeout: 90_000 }, async () => {
    const { url, ended } = await startRun('--dashboard', '0')
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(url)
    await page.getByRole('heading', { name: 'Running' }).waitFor()
    const shown = async (): Promise<number> => Number(await page.locator('progress').getAttribute('value'))
    const before = await shown()
    await expect.poll(shown, { timeout: 20_000, interval: 200 }).toBeGreaterThan(before)
    // A reader that has opened something keeps it open while the run goes on.
    await page.locator('#load summary').first().click()
    await page.locator('#line', { hasText: 'The run is over' }).waitFor({ timeout: 60_000 })
    expect(await ended).toBe(0)
    expect(complaints).toEqual([])
    expect(await page.locator('#load details[open]').count()).toBeGreaterThan(0)
    expect(await page.locator('canvas').count()).toBeGreaterThan(5)
    const [id = ''] = readdirSync(reports, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    )
    const result = await readResult(join(reports, id, 'result.json'))
    // What stands on the screen is what the file's page shows.
    const filed = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await filed.goto(`file://${join(reports, id, 'report.html')}`)
    for (const part of ['#summary', '#deliveries', '#thresholds', '#validity'])
      expect(await page.locator(part).innerText()).toBe(await filed.locator(part).innerText())
    expect(await page.locator('#deliveries').innerText()).toContain(
      result.ledger.messages.received.toLocaleString('en-US'),
    )
  })
})
