import { THEME } from './theme.ts'

/** The script of a gate's page: the filter above the table of all cases, and the colours. Without it the page lacks only these. */
export const GATE_SCRIPT = String.raw`(() => {
'use strict'
const redraw = () => {}
${THEME}
const form = document.querySelector('.filter')
if (form === null) return
const rows = [...document.querySelectorAll('#cases tbody tr')]
const output = form.querySelector('output')
const filter = () => {
  const wanted = Object.fromEntries(new FormData(form))
  const words = wanted.text.toLowerCase().split(/\s+/).filter((word) => word !== '')
  let shown = 0
  for (const row of rows) {
    const said = row.textContent.toLowerCase()
    const fits = ['state', 'level', 'section'].every((name) => wanted[name] === '' || row.dataset[name] === wanted[name])
    row.hidden = !(fits && words.every((word) => said.includes(word)))
    if (!row.hidden) shown++
  }
  output.textContent = shown === rows.length ? rows.length + ' cases' : shown + ' of ' + rows.length + ' cases'
}
form.addEventListener('input', filter)
form.addEventListener('submit', (event) => event.preventDefault())
form.hidden = false
filter()
})()`
