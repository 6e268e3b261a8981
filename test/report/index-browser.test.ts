import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { indexPage } from '../../src/report/page/index-page.ts'
import { gateEntry, openEntry, runEntry } from '../../src/report/run-index.ts'
import { CHROMIUM, FAINT_TEXTS, isChromiumMissing, launchChromium, opened } from './browser.ts'
import { nonconformantResult } from './conformance-fixture.ts'
import { faultyResult, healthyResult, HOSTILE, hostileResult } from './fixture.ts'

const entries = [
  runEntry('20261122-101530-steady', healthyResult(), 'report.html'),
  runEntry('20261122-091530-steady', faultyResult(), 'report.html'),
  runEntry(HOSTILE, hostileResult(), 'report.html'),
  gateEntry('20261121-080000-conform', nonconformantResult(), null),
  openEntry('20261120-080000-killed', 'unfinished', 'it goes on, or was killed', null),
]

describe.skipIf(isChromiumMissing)(`the list of runs in ${CHROMIUM} (apt-get install chromium)`, () => {
  let browser: Browser
  const directory = mkdtempSync(join(tmpdir(), 'stompede-list-'))
  const file = join(directory, 'index.html')
  beforeAll(async () => {
    writeFileSync(file, indexPage(entries, 3))
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(directory, { recursive: true })
  })

  it.each(['light', 'dark'] as const)('is accessible in %s, and nothing in it runs', async (colorScheme) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    await opened(browser, file, { colorScheme }, async (page) => {
      expect(await page.title()).toBe('Runs · Stompede')
      expect(await page.locator('tbody tr').count()).toBe(entries.length)
      expect(await page.evaluate(FAINT_TEXTS)).toEqual([])
      await page.evaluate(axe)
      const found = await page.evaluate<string[]>(
        'axe.run().then(({ violations }) => violations.map(({ id }) => id))',
      )
      expect(found).toEqual([])
    })
  })

  it('is whole without scripts', async () => {
    await opened(browser, file, { javaScriptEnabled: false }, async (page) => {
      expect(await page.locator('tbody tr').first().innerText()).toMatch(
        /steady[\s\S]*Pass[\s\S]*100 % of 6,482 delivered/,
      )
      expect(await page.getByText('3 older ones are not listed').isVisible()).toBe(true)
    })
  })
})
