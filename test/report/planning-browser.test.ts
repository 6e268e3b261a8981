import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capacityPage } from '../../src/report/page/capacity-page.ts'
import { comparisonPage } from '../../src/report/page/comparison-page.ts'
import { trendPage } from '../../src/report/page/trend-page.ts'
import { CHROMIUM, FAINT_TEXTS, isChromiumMissing, launchChromium, opened } from './browser.ts'
import { bracketedSearch, emptySearch, hostileSearch, shortSearch } from './capacity-fixture.ts'
import { emptyComparison, hostileComparison, worseComparison } from './comparison-fixture.ts'
import { hostileTrend, steppedTrend } from './trend-fixture.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const PAGES = {
  'a search': () => capacityPage(shortSearch()),
  'a comparison': () => comparisonPage(worseComparison()),
  // Two of its series have everything that the others have.
  'a trend': () => trendPage({ ...steppedTrend(), series: steppedTrend().series.slice(0, 2) }),
}

describe.skipIf(isChromiumMissing)(`pages with drawings in ${CHROMIUM} (apt-get install chromium)`, () => {
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
    text: string,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
  ): Promise<void> => {
    const file = join(directory, 'report.html')
    await writeFile(file, text)
    await opened(browser, file, options, look)
  }

  it.each(Object.entries(PAGES))(
    'of %s is without a finding of axe, everything unfolded, and has enough contrast in light and dark',
    async (_, page) => {
      await show(page(), { colorScheme: 'dark', bypassCSP: true }, async (shown) => {
        await shown.evaluate('for (const each of document.querySelectorAll("details")) each.open = true')
        expect(await shown.evaluate(FAINT_TEXTS)).toEqual([])
        await shown.emulateMedia({ colorScheme: 'light' })
        expect(await shown.evaluate(FAINT_TEXTS)).toEqual([])
        await shown.evaluate(AXE)
        const { violations, passes } = await shown.evaluate<AxeResults>('axe.run()')
        expect(passes.length).toBeGreaterThan(20)
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
      })
    },
    20_000,
  )

  it('of a search puts its marks where the figures are', async () => {
    await show(capacityPage(bracketedSearch()), { javaScriptEnabled: false }, async (page) => {
      const result = bracketedSearch()
      const marks = page.locator('#figure-load-latency a.pt')
      expect(await marks.count()).toBe(result.steps.length)
      const at = async (step: number): Promise<{ x: number; y: number }> => {
        const box = await marks
          .nth(step - 1)
          .locator('.mark')
          .boundingBox()
        if (box === null) throw new Error(`step ${step} is not drawn`)
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
      }
      const [low, middle, high] = [await at(1), await at(6), await at(7)]
      const loads = [1, 6, 7].map((step) => result.steps[step - 1]?.load ?? 0) as [number, number, number]
      // Equal differences of load have equal room across, equal ratios of latency equal room up.
      expect((middle.x - low.x) / (high.x - low.x)).toBeCloseTo(
        (loads[1] - loads[0]) / (loads[2] - loads[0]),
        2,
      )
      const logs = [1, 6, 7].map((step) => Math.log(result.steps[step - 1]?.latency?.p99Us ?? 0)) as [
        number,
        number,
        number,
      ]
      expect((middle.y - low.y) / (high.y - low.y)).toBeCloseTo((logs[1] - logs[0]) / (logs[2] - logs[0]), 1)
      const text = (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ')
      for (const words of [
        'Capacity found',
        'Verified 12,400 users 3 times, refuted 13,020 users 3 times; both ends stand. Headroom: 27 % of the verified load is free at 9,000 users (tight).',
        'p99 is 168 ms at 12,400 users and 292 ms at 13,020 users; the limit is 250 ms',
        'broker: 0.985 of 1 core, at 16,777 users',
        'recovered in 14 s',
      ])
        expect(text).toContain(words)
      expect(await page.locator('.theme').isVisible()).toBe(false)
    })
  })

  it('tells what a mark stands for when the Tab key reaches it, and leads to its run', async () => {
    await show(capacityPage(bracketedSearch()), {}, async (page) => {
      const mark = page.locator('#figure-load-latency a.pt').nth(11)
      const tip = mark.locator('.tip')
      expect(await tip.isVisible()).toBe(false)
      await page.locator('#figure-load-latency a.pt').nth(10).focus()
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toMatch(/^step 12 /)
      expect(await tip.isVisible()).toBe(true)
      expect(await tip.locator('div').innerText()).toBe(
        'step 12 (refute), 13,020 users: p50 28.0 ms, p99 285 ms, did not hold',
      )
      expect(await mark.getAttribute('href')).toBe('./steps/12-refute-13020/result.json')
    })
    await show(trendPage(steppedTrend()), {}, async (page) => {
      const change = page.locator('#figure-series-0-1 a.pt').nth(27)
      await change.focus()
      await page.keyboard.press('Shift+Tab')
      await page.keyboard.press('Tab')
      expect(await change.locator('.tip div').innerText()).toMatch(
        /^44114e114f, 2026-09-23 21:00:00 UTC, 1\d\d ms, median of 3 runs, \+14 %, worse, not explained$/,
      )
      expect(await change.getAttribute('href')).toBe('./20260923-210000-steady/report.html')
      expect(await page.locator('#figure-series-0-1 .gap').count()).toBe(1)
      await page.locator('.theme').click()
      await page.locator('.theme').click()
      expect(await page.locator('.theme').innerText()).toBe('Colours: dark')
    })
  })

  it('of a comparison says everything with scripts off, and draws better left and worse right', async () => {
    await show(comparisonPage(worseComparison()), { javaScriptEnabled: false }, async (page) => {
      const worse = page.locator('.forest tbody tr', { hasText: 'p99 send → last' })
      const middleOf = async (what: string): Promise<number> => {
        const box = await worse.locator(what).first().boundingBox()
        return (box?.x ?? 0) + (box?.width ?? 0) / 2
      }
      expect(await worse.locator('.pair').count()).toBe(10)
      expect(await middleOf('.arrow')).toBeGreaterThan((await middleOf('.zero')) + 50)
      const text = (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ')
      for (const words of [
        'Of 4 gated metrics: 1 worse, 2 same, 1 unknown',
        '118 → 133 ms +12 % +7.8 to +17 % Worse',
        'Clearly moved: p90 to p99.9 slower; p25, p50 faster',
        'deliveries_duplicated 0 7 worse',
        "stompede compare scenarios/steady.ts --a 'node server-1.8.2.js'",
      ])
        expect(text).toContain(words)
    })
  })

  it.each([
    ['a search', () => capacityPage(hostileSearch())],
    ['a search that never began', () => capacityPage(emptySearch())],
    ['a comparison', () => comparisonPage(hostileComparison())],
    ['a comparison that never began', () => comparisonPage(emptyComparison())],
    ['a trend', () => trendPage(hostileTrend())],
  ])('of %s, hostile or empty, fits a narrow screen and does nothing it is told', async (_, page) => {
    await show(page(), { viewport: { width: 400, height: 800 } }, async (shown) => {
      const [scroll, client] = await shown.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      )
      expect(scroll).toBe(client)
      expect(await shown.locator('img').count()).toBe(0)
      expect(await shown.locator('script').count()).toBe(1)
      expect(await shown.title()).not.toBe('owned')
    })
  })
})
