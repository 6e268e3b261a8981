/**
 * The part of a page's script that puts newer HTML in the place of older without losing what the reader has done: nodes
 * that are the same stay, so open tables, focus, selection and scrolling do. What the script itself has put on the page
 * (charts, values at the cursor) is left alone.
 */
export const SWAP_SCRIPT = String.raw`
const newest = new Map()
const swap = (id, html) => {
  const place = document.getElementById(id)
  if (place === null || newest.get(id) === html) return
  newest.set(id, html)
  const next = document.createElement('template')
  next.innerHTML = html
  match(place, next.content)
}

// 'open' is the reader's, once an element is there.
const isKept = (name) => name === 'open'
const isOurs = (element) => element.matches('.chart, output')
const isSame = (a, b) => a.nodeName === b.nodeName && (a.id ?? '') === (b.id ?? '')

const match = (place, wanted) => {
  let at = place.firstChild
  for (const next of [...wanted.childNodes]) {
    let found = at
    // What has an id is looked for among all that is left; what has none stands where it stood.
    while (found && !isSame(found, next)) found = next.id ? found.nextSibling : null
    if (!found) {
      place.insertBefore(next, at)
      continue
    }
    while (at !== found) { const gone = at; at = at.nextSibling; gone.remove() }
    at = found.nextSibling
    update(found, next)
  }
  while (at) { const gone = at; at = at.nextSibling; gone.remove() }
}

const update = (old, next) => {
  if (old.nodeType !== 1) {
    if (old.data !== next.data) old.data = next.data
    return
  }
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !isKept(name)) old.removeAttribute(name)
  for (const { name, value } of next.attributes) if (!isKept(name) && old.getAttribute(name) !== value) old.setAttribute(name, value)
  if (!isOurs(old)) match(old, next)
}
`
