import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Whether tests in a browser are skipped: with CI=true a missing Chromium fails its launch instead. */
export const isChromiumMissing = !existsSync(CHROMIUM) && process.env['CI'] !== 'true'

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })
}

/** Opens a page from its file, lets the test look at it, and fails on anything it complains about or asks for. */
export async function opened(
  browser: Browser,
  file: string,
  options: BrowserContextOptions,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const url = pathToFileURL(file).href
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options })
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => complaints.push(dialog.message()))
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(url)
  await look(page)
  expect(complaints).toEqual([])
  expect(requests).toEqual([url])
  await page.close()
}

/** Texts whose contrast with what lies behind them is below 4.5 (WCAG 2.2, 1.4.3). */
export const FAINT_TEXTS = String.raw`(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  // Reading a canvas back is slow, and a page has few colours.
  const known = new Map()
  const rgba = (color) => {
    if (!known.has(color)) known.set(color, drawn(color))
    return known.get(color)
  }
  const drawn = (color) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const groundOf = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = rgba(getComputedStyle(each).backgroundColor)
      if (color[3] > 250) return color.slice(0, 3)
    }
    return [255, 255, 255]
  }
  const faint = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (walker.currentNode.textContent.trim() === '' || ['SCRIPT', 'NOSCRIPT', 'STYLE'].includes(element.tagName)) continue
    const style = getComputedStyle(element)
    const ink = rgba(element.namespaceURI.endsWith('svg') ? style.fill : style.color).slice(0, 3)
    const [a, b] = [luminance(ink), luminance(groundOf(element))]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (contrast < 4.5) faint.push(walker.currentNode.textContent.trim().slice(0, 40) + ': ' + contrast.toFixed(2))
  }
  return faint
})()`

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
