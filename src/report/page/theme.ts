/**
 * The part of a page's script that keeps its colours: the button steps through the system's, light and dark, and print is
 * light. It stands inside the script's function and calls the `redraw` it finds there when colours change.
 */
export const THEME = String.raw`matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
const root = document.documentElement
const theme = document.querySelector('.theme')
const names = { '': 'system', light: 'light', dark: 'dark' }
theme.hidden = false
const choose = (name) => {
  if (name === '') delete root.dataset.theme
  else root.dataset.theme = name
  theme.textContent = 'Colours: ' + names[name]
  redraw()
}
theme.addEventListener('click', () => {
  const order = Object.keys(names)
  choose(order[(order.indexOf(root.dataset.theme ?? '') + 1) % order.length])
})
let before = ''
addEventListener('beforeprint', () => { before = root.dataset.theme ?? ''; choose('light') })
addEventListener('afterprint', () => choose(before))`

/** The whole script of a page whose drawings are part of it: nothing but the colours. */
export const THEME_SCRIPT = `(() => {
'use strict'
const redraw = () => {}
${THEME}
})()`
