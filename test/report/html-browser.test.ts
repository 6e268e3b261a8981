import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/measure/result.ts'
import { pageParts, reportPage } from '../../src/report/page/report-page.ts'
import { CHROMIUM, FAINT_TEXTS, isChromiumMissing, launchChromium, opened } from './browser.ts'
import { emptyResult, healthyResult, hostileResult } from './fixture.ts'
import { currentResult, longResult, troubledResult } from './page-fixture.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

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
  ): Promise<void> => {
    const file = join(directory, 'report.html')
    await writeFile(file, reportPage(result))
    await opened(browser, file, options, look)
  }

  it.each(['light', 'dark'] as const)(
    'draws every chart and keeps a contrast of 4.5 to 1 in %s',
    async (colorScheme) => {
      await show(troubledResult(), { colorScheme }, async (page) => {
        const counts = await painted(page)
        expect(counts).toHaveLength(12)
        for (const count of counts) expect(count).toBeGreaterThan(900)
        // The lines over the heatmap have the inks of their keys, and its cells those of their scale.
        const inks = await page.evaluate<boolean>(`(() => {
        const { data } = (${PIXELS})(document.querySelector('#chart-latency canvas'))
        const seen = new Set()
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add(data.slice(i, i + 3).join())
        return ['ink', 'p99'].every((ink) => {
          const key = document.querySelector('.keys .ink-' + ink)
          return seen.has(getComputedStyle(key).color.match(/\\d+/g).slice(0, 3).join())
        })
      })()`)
        expect(inks).toBe(true)
        expect(await cellsOf(page)).toBe(
          currentResult().timeline.deliveryHistograms.filter((each) => each !== null).length,
        )
        expect(await page.evaluate(FAINT_TEXTS)).toEqual([])
      })
    },
  )

  it('says everything in words with scripts off', async () => {
    await show(troubledResult(), { javaScriptEnabled: false }, async (page) => {
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
      expect(await painted(page)).toHaveLength(11)
    })
  })

  it('draws a run in which nothing happened', async () => {
    await show(emptyResult(), {}, async (page) => {
      expect(await page.locator('h1').innerText()).toBe('Inconclusive')
      expect(await painted(page)).toHaveLength(7)
    })
  })

  it('moves the cursor of every chart over time by the arrow keys and tells the values', async () => {
    await show(currentResult(), {}, async (page) => {
      await page.locator('#chart-latency').focus()
      await page.keyboard.press('End')
      for (let i = 0; i < 23; i++) await page.keyboard.press('ArrowLeft')
      const { columns } = healthyResult().timeline
      const p50 = ((columns['message_delivery_p50_us'] as number[])[6] as number) / 1e3
      await expect
        .poll(() => page.locator('[data-value="latency:0"]').innerText())
        .toBe(`${Number(p50.toPrecision(3))} ms at 00:07`)
      expect(await page.locator('[data-value="users:0"]').innerText()).toBe('1,000 at 00:07')
      expect(await page.locator('[data-value="cpu:0"]').innerText()).toContain(' at 00:07')
      expect(await page.locator('[data-value="distribution:0"]').innerText()).toBe('')
      await page.locator('#chart-distribution').focus()
      await page.keyboard.press('Home')
      await expect
        .poll(() => page.locator('[data-value="distribution:0"]').innerText())
        .toBe('2.48 ms at p50')
    })
  })

  it('tells how many deliveries a cell of the heatmap holds', async () => {
    await show(currentResult(), {}, async (page) => {
      const over = page.locator('#chart-latency .u-over')
      const box = await over.boundingBox()
      // Second 18 of 30, in the middle.
      await over.hover({ position: { x: ((box?.width ?? 0) * 17.5) / 30, y: (box?.height ?? 0) * 0.55 } })
      const cell = await page.locator('[data-cell="latency"]').innerText()
      const [, from, to, count] = /^([\d.]+) – ([\d.]+) ms: (\d+)$/.exec(cell)?.map(Number) ?? []
      expect((to ?? 0) / (from ?? 1)).toBeCloseTo(2 ** (1 / 8), 1)
      const [time] = pageParts(currentResult()).sheets
      const [low = 0, ...counts] = time?.charts[0]?.heat?.columns[17] ?? []
      const band = Math.round(8 * Math.log2(from ?? 1))
      expect(count).toBe(counts[band - low] ?? 0)
      expect(count).toBeGreaterThan(0)
    })
  })

  it('zooms all charts over time by dragging one, and back by Escape', async () => {
    await show(currentResult(), {}, async (page) => {
      const over = page.locator('#chart-users .u-over')
      await over.scrollIntoViewIfNeeded()
      const { x = 0, y = 0, width = 0 } = (await over.boundingBox()) ?? {}
      const whole = await fingerprint(page, 'deliveries')
      await page.mouse.move(x + width * 0.3, y + 40)
      await page.mouse.down()
      await page.mouse.move(x + width * 0.5, y + 40, { steps: 4 })
      await page.mouse.up()
      await expect.poll(() => fingerprint(page, 'deliveries')).not.toBe(whole)
      await page.locator('#chart-latency').focus()
      await page.keyboard.press('Escape')
      await expect.poll(() => fingerprint(page, 'deliveries')).toBe(whole)
    })
  })

  it('is without a finding of axe, everything unfolded', async () => {
    await show(troubledResult(), { bypassCSP: true }, async (page) => {
      await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true')
      await page.evaluate(AXE)
      const { violations, passes } = await page.evaluate<AxeResults>('axe.run()')
      expect(passes.length).toBeGreaterThan(20)
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
    })
  }, 60_000)

  it('shows later parts in the place of earlier ones, and keeps what the reader has opened, focused and scrolled', async () => {
    const young = longResult(40)
    await show(young, { viewport: { width: 390, height: 900 } }, async (page) => {
      await page.locator('#figure-users summary').click()
      await page.locator('#figure-users .scroll').focus()
      await page.evaluate(`(() => {
        document.querySelector('#steps .scroll').scrollLeft = 60
        window.canvas = document.querySelector('#chart-latency canvas')
        scrollTo(0, document.querySelector('#figure-users').getBoundingClientRect().top + scrollY - 100)
      })()`)
      const before = await painting(page)
      await dispatch(page, pageParts(longResult(90)))
      // What is new is there, …
      expect(await page.locator('#figure-users tbody tr').count()).toBe(90)
      expect(await painting(page)).not.toBe(before)
      expect(await cellsOf(page)).toBeGreaterThan(60)
      // … what was there is the same, …
      expect(await page.evaluate('window.canvas === document.querySelector("#chart-latency canvas")')).toBe(
        true,
      )
      // … and nothing moved under the reader.
      expect(await page.evaluate('document.querySelector("#figure-users details").open')).toBe(true)
      expect(await page.evaluate('document.activeElement.closest("figure")?.id')).toBe('figure-users')
      expect(await page.evaluate('document.querySelector("#steps .scroll").scrollLeft')).toBe(60)
      const top = await page.evaluate<number>(
        'document.querySelector("#figure-users").getBoundingClientRect().top',
      )
      expect(Math.abs(top - 100)).toBeLessThan(2)
    })
  })

  it('goes from a run in which nothing happened yet to one with trouble, and to another', async () => {
    await show(emptyResult(), {}, async (page) => {
      expect(await page.locator('#chart-errors').count()).toBe(0)
      await dispatch(page, pageParts(troubledResult()))
      expect(await page.locator('h1').innerText()).toBe('Fail')
      expect(await page.title()).toMatch(/^Fail: steady/)
      expect(await painted(page)).toHaveLength(12)
      expect(
        (await page.locator('#findings pre').first().innerText()).startsWith('{"type":"new_message"'),
      ).toBe(true)
      await dispatch(page, pageParts(currentResult()))
      expect(await page.locator('h1').innerText()).toBe('Pass')
      // Charts of what did not happen are gone, and those that stay are drawn.
      expect(await page.locator('#chart-errors').count()).toBe(0)
      const counts = await painted(page)
      expect(counts).toHaveLength(10)
      for (const count of counts) expect(count).toBeGreaterThan(900)
      const { sections } = pageParts(currentResult())
      const texts = await page.evaluate<string[]>(
        '[...document.querySelectorAll("main section")].map((each) => each.textContent)',
      )
      expect(texts).toHaveLength(sections.length)
      expect(texts.join('')).toContain('In no second did a delivery')
    })
  })

  it('shows hostile parts and does nothing they say', async () => {
    await show(emptyResult(), {}, async (page) => {
      await dispatch(page, pageParts(hostileResult()))
      expect(await page.locator('img').count()).toBe(0)
      expect(await page.title()).toMatch(/^Fail: <\/script><script>/)
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
    await show(troubledResult(), { viewport: { width: 390, height: 800 } }, async (page) => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    })
  })
})

/** Gives the page parts, as a script of a live page would. */
async function dispatch(page: Page, parts: unknown): Promise<void> {
  await page.evaluate(
    `document.dispatchEvent(new CustomEvent('stompede:parts', { detail: ${JSON.stringify(parts)} }))`,
  )
  // Charts are painted at the end of the turn in which they are told to.
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
}

/** What a chart looks like, as a text. */
function fingerprint(page: Page, chart: string): Promise<string> {
  return page.evaluate(`document.querySelector('#chart-${chart} canvas').toDataURL()`)
}

function painting(page: Page): Promise<string> {
  return fingerprint(page, 'latency')
}

/** How many columns of the heatmap have the colour of a cell in them: the number of seconds that have deliveries. */
function cellsOf(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const image = (${PIXELS})(document.querySelector('#chart-latency canvas'))
    const probe = document.createElement('i')
    document.body.append(probe)
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    const inks = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => {
      probe.className = 'heat-' + i
      context.fillStyle = getComputedStyle(probe).fill
      context.fillRect(0, 0, 1, 1)
      return [...context.getImageData(0, 0, 1, 1).data].join()
    })
    probe.remove()
    const heated = Array.from({ length: image.width }, (_, x) => {
      for (let y = 0; y < image.height; y++) {
        const at = (y * image.width + x) * 4
        if (inks.includes([...image.data.slice(at, at + 4)].join())) return true
      }
      return false
    })
    // From pixels to seconds: a table of a short run has a row for each.
    const rows = document.querySelectorAll('#figure-users tbody tr').length
    const { offsetLeft, offsetWidth } = document.querySelector('#chart-latency .u-over')
    return Array.from({ length: rows }, (_, i) => heated[Math.round(offsetLeft + (offsetWidth * (i + 0.5)) / rows)]).filter(Boolean).length
  })()`)
}

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
