import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConformanceResult } from '../../src/measure/conformance.ts'
import { conformancePage } from '../../src/report/page/conformance-page.ts'
import { CHROMIUM, FAINT_TEXTS, isChromiumMissing, launchChromium, opened } from './browser.ts'
import {
  allFailingResult,
  hostileConformance,
  nonconformantResult,
  refusedResult,
} from './conformance-fixture.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describe.skipIf(isChromiumMissing)(`a gate’s page in ${CHROMIUM} (apt-get install chromium)`, () => {
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

  const stored = async (page: string): Promise<string> => {
    const file = join(directory, 'report.html')
    await writeFile(file, page)
    return file
  }
  const show = async (
    result: ConformanceResult,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
  ): Promise<void> => opened(browser, await stored(conformancePage(result)), options, look)

  it('says everything with scripts off, without a click for what failed', async () => {
    await show(nonconformantResult(), { javaScriptEnabled: false }, async (page) => {
      const text = (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ')
      for (const words of [
        'Not conformant',
        '2 of 8 MUST rules failed; 1 known failure passed',
        'user 1 got 1 MESSAGE of user 2',
        'Give each user a vhost of its own',
        'destination:/exchange/chat.direct/user.2',
        'stompede conform --only ISOLATION-USER-DESTINATION --seed 7',
        'refused: ERROR access_refused',
        'the positive control failed: user 3, a member, got 0 of 3',
        'HARNESS-FRAMES-CONTIGUOUS',
        'new_message /message/edited_at',
      ])
        expect(text).toContain(words)
      expect(await page.locator('.filter').isVisible()).toBe(false)
      expect(await page.locator('.theme').isVisible()).toBe(false)
      expect(await page.locator('#cases tbody tr:visible').count()).toBe(11)
      expect(await page.locator('#case-DELIVERY-AFTER-LEAVE').isVisible()).toBe(false)
    })
  })

  it('leads from the table of all cases to evidence that was folded away', async () => {
    await show(nonconformantResult(), {}, async (page) => {
      const evidence = page.locator('#case-DELIVERY-AFTER-LEAVE')
      expect(await evidence.isVisible()).toBe(false)
      await page.locator('a[href="#case-DELIVERY-AFTER-LEAVE"]').click()
      await expect.poll(() => evidence.isVisible()).toBe(true)
      expect(await evidence.innerText()).toContain('SUBSCRIBE')
    })
  })

  it('filters by words, state, level and section, by the keyboard too', async () => {
    await show(nonconformantResult(), {}, async (page) => {
      const shown = async (): Promise<string[]> =>
        page.locator('#cases tbody tr:visible code').allInnerTexts()
      const said = (): Promise<string> => page.locator('.filter output').innerText()
      expect(await said()).toBe('11 cases')
      await page.locator('.filter select[name=state]').selectOption('FAIL')
      expect(await shown()).toEqual(['EVENT-MESSAGE-FIELDS', 'ISOLATION-USER-DESTINATION'])
      await page.locator('.filter select[name=section]').selectOption('Isolation and security')
      expect(await shown()).toEqual(['ISOLATION-USER-DESTINATION'])
      expect(await said()).toBe('1 of 11 cases')
      await page.locator('.filter select[name=state]').selectOption('')
      await page.locator('.filter select[name=section]').selectOption('')
      await page.locator('.filter select[name=level]').selectOption('SHOULD')
      expect(await shown()).toEqual(['HTTP-AUTH-CHALLENGE', 'STOMP-CONNECT-ERROR-CLOSES'])
      await page.locator('.filter select[name=level]').selectOption('')
      await page.locator('.filter input').focus()
      await page.keyboard.type('USER cannot')
      expect(await shown()).toEqual(['ISOLATION-USER-DESTINATION'])
      await page.keyboard.press('Enter')
      expect(await shown()).toEqual(['ISOLATION-USER-DESTINATION'])
      await page.locator('.filter input').fill('no such rule')
      expect(await said()).toBe('0 of 11 cases')
    })
  })

  it('shows hostile payloads and does nothing they say', async () => {
    await show(hostileConformance(), {}, async (page) => {
      expect(await page.title()).toMatch(/^Not conformant: <\/script><script>/)
      expect(await page.locator('img').count()).toBe(0)
      expect(await page.locator('script').count()).toBe(1)
      expect(await page.locator('#open .transcript .text').first().innerText()).toContain(
        '</script><script>document.title="owned"',
      )
    })
  })

  it('changes its colours by the button, unfolds for print, and works without cases', async () => {
    await show(refusedResult(), { colorScheme: 'light' }, async (page) => {
      expect(await page.locator('h1').innerText()).toBe('Unreachable')
      const paper = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor')
      const light = await paper()
      await page.locator('.theme').click()
      await page.locator('.theme').click()
      expect(await page.locator('.theme').innerText()).toBe('Colours: dark')
      expect(await paper()).not.toBe(light)
    })
    await show(nonconformantResult(), {}, async (page) => {
      await page.emulateMedia({ media: 'print' })
      expect(await page.locator('#case-DELIVERY-AFTER-LEAVE').isVisible()).toBe(true)
      expect(await page.locator('.filter').isVisible()).toBe(false)
    })
  })

  it('fits a narrow screen without sideways scrolling of the page', async () => {
    for (const result of [allFailingResult(12), hostileConformance()]) {
      await show(result, { viewport: { width: 360, height: 800 } }, async (page) => {
        const [scroll, client] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        )
        expect(scroll).toBe(client)
      })
    }
  })

  const axeFindings = async (page: Page): Promise<string[]> => {
    await page.evaluate(AXE)
    const { violations, passes } = await page.evaluate<AxeResults>('axe.run()')
    expect(passes.length).toBeGreaterThan(20)
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  }

  it('is without a finding of axe, everything unfolded, and has enough contrast in light and dark', async () => {
    await show(nonconformantResult(), { colorScheme: 'dark', bypassCSP: true }, async (page) => {
      await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true')
      expect(await page.evaluate(FAINT_TEXTS)).toEqual([])
      expect(await axeFindings(page)).toEqual([])
      await page.emulateMedia({ colorScheme: 'light' })
      expect(await page.evaluate(FAINT_TEXTS)).toEqual([])
    })
  }, 60_000)
})
