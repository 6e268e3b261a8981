import { HEAT_SCRIPT } from './script-heat.ts'
import { PLOT_SCRIPT } from './script-plot.ts'
import { SWAP_SCRIPT } from './script-swap.ts'
import { THEME } from './theme.ts'

/**
 * The page's own script, run after uPlot's: draws the charts whose data the page embeds, keeps their cursors together,
 * lets arrow keys move it, and follows changes of width, colour scheme and print. Without it the page lacks only pictures.
 * An event `stompede:parts` on the document, whose `detail` are parts of a later moment, brings the page up to it.
 */
export const SCRIPT = `(() => {
'use strict'
${HEAT_SCRIPT}
${PLOT_SCRIPT}
${SWAP_SCRIPT}
drawSheets([...document.querySelectorAll('script[type="application/json"]')].map((block) => JSON.parse(block.textContent)))
document.addEventListener('stompede:parts', ({ detail: { title, summary, sections, sheets } }) => {
  if (title !== undefined) document.title = title + ' · Stompede'
  if (summary !== undefined) swap('summary', summary)
  for (const { id, html } of sections ?? []) swap(id, html)
  drawSheets(sheets ?? [])
})
${THEME}
})()`
