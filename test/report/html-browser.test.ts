import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/measure/result.ts'
import { REPORTERS } from '../../src/report/reporters.ts'
import { CHROMIUM, FAINT_TEXTS, isChromiumMissing, launchChromium, opened } from './browser.ts'
import { emptyResult, faultyResult, healthyResult, hostileResult } from './fixture.ts'

describe.skipIf(isChromiumMissing)(`the page in ${CHROMIUM} (apt-get install chromium)`, () => {
  let browser: Browser
  let directory: string
  beforeAll(async () => {
    browser = await launchChromium()
    directory = await mkdtemp(join(tmpdir(), 'stompede-browser-'))
  })
  afterAll(async () => {
    await browser?.close()
    await rm(directory, { recursive: true })
  })

  const show = async (
    result: RunResult,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
  ): Promise<void> => opened(browser, await REPORTERS.html(result, directory), options, look)

  it.each(['light', 'dark'] as const)(
    'draws every chart and keeps a contrast of 4.5 to 1 in %s',
    async (colorScheme) => {
      await show(faultyResult(), { colorScheme }, async (page) => {
        const counts = await painted(page)
        expect(counts).toHaveLength(7)
        for (const count of counts) expect(count).toBeGreaterThan(1000)
        // The lines of the latency chart have the inks of its keys.
        const inks = await page.evaluate<boolean>(`(() => {
        const { data } = (${PIXELS})(document.querySelector('#chart-latency canvas'))
        const seen = new Set()
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add(data.slice(i, i + 3).join())
        return ['p50', 'p99'].every((ink) => {
          const key = document.querySelector('.keys .ink-' + ink)
          return seen.has(getComputedStyle(key).color.match(/\\d+/g).slice(0, 3).join())
        })
      })()`)
        expect(inks).toBe(true)
        expect(await page.evaluate(FAINT_TEXTS)).toEqual([])
      })
    },
  )

  it('says everything in words with scripts off', async () => {
    await show(faultyResult(), { javaScriptEnabled: false }, async (page) => {
      const text = await page.locator('body').innerText()
      for (const words of [
        'Fail',
        'The target broke its delivery promise or the contract.',
        'Faults planted in the reference target: drop × 41',
        '≥ 120 × the limit',
        'Suspect · 7 of 8 checks ok, 1 not judged.',
        '6,482 owed = 6,441 arrived (99.4 %) + 0 late + 41 lost',
        'Charts need scripts; the tables below them have the same figures.',
        'new_message/required/timestamp',
        '안녕하세요',
        'The message queue is not reachable',
        'stompede run scenarios/steady.ts --seed 42',
        '5f0c9a7e21b4d836',
      ]) {
        expect(text.replaceAll(/\s+/g, ' ')).toContain(words)
      }
      expect(await page.locator('.theme').isVisible()).toBe(false)
      await page.locator('#latency details summary').first().click()
      expect((await page.locator('#latency tbody').first().innerText()).split('\n')).toHaveLength(30)
    })
  })

  it('shows hostile payloads and does nothing they say', async () => {
    await show(hostileResult(), {}, async (page) => {
      expect(await page.title()).toMatch(/^Fail: <\/script><script>/)
      expect(await page.locator('img').count()).toBe(0)
      expect(await page.locator('script').count()).toBe(4)
      expect(await page.locator('#findings pre').first().innerText()).toContain(
        '</script><script>document.title="owned"',
      )
      expect(await page.locator('#findings pre').first().innerText()).toContain('⟨U+202E⟩exe.gnp␀␛[2J')
      expect(await painted(page)).toHaveLength(7)
    })
  })

  it('draws a run in which nothing happened', async () => {
    await show(emptyResult(), {}, async (page) => {
      expect(await page.locator('h1').innerText()).toBe('Inconclusive')
      expect(await painted(page)).toHaveLength(6)
    })
  })

  it('moves the cursor of every chart by the arrow keys and tells the values', async () => {
    await show(healthyResult(), {}, async (page) => {
      await page.locator('#chart-latency').focus()
      await page.keyboard.press('End')
      for (let i = 0; i < 23; i++) await page.keyboard.press('ArrowLeft')
      const { columns } = healthyResult().timeline
      const p50 = ((columns['message_delivery_p50_us'] as number[])[6] as number) / 1e3
      await expect
        .poll(() => page.locator('[data-value="latency:0"]').innerText())
        .toBe(`${Number(p50.toPrecision(3))} ms at 00:07`)
      expect(await page.locator('[data-value="users:0"]').innerText()).toBe('1,000 at 00:07')
    })
  })

  it('changes its colours by the button, and print is light', async () => {
    await show(healthyResult(), { colorScheme: 'light' }, async (page) => {
      const paper = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor')
      const light = await paper()
      await page.locator('.theme').click()
      await page.locator('.theme').click()
      expect(await page.locator('.theme').innerText()).toBe('Colours: dark')
      const dark = await paper()
      expect(dark).not.toBe(light)
      await page.emulateMedia({ media: 'print' })
      expect(await paper()).toBe('rgb(255, 255, 255)')
    })
  })

  it('fits a narrow screen without sideways scrolling of the page', async () => {
    await show(faultyResult(), { viewport: { width: 360, height: 800 } }, async (page) => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
    })
  })
})

/** How many pixels of each chart are painted. */
function painted(page: Page): Promise<number[]> {
  return page.evaluate(`[...document.querySelectorAll('.chart canvas')].map((canvas) => {
    const { data } = (${PIXELS})(canvas)
    let count = 0
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++
    return count
  })`)
}

/** Reads a canvas by way of a copy: reading the page's own would make Chromium advise it. */
const PIXELS = `(canvas) => {
  const copy = document.createElement('canvas')
  Object.assign(copy, { width: canvas.width, height: canvas.height })
  const context = copy.getContext('2d', { willReadFrequently: true })
  context.drawImage(canvas, 0, 0)
  return context.getImageData(0, 0, copy.width, copy.height)
}`
