import { type Content, html, isolated, type Markup } from './markup.ts'
import { bounded } from '../visible.ts'

/**
 * The address of a file below the page's own directory; undefined for a path that leads anywhere else. Nothing in a path can name
 * another host, scheme or directory.
 */
export function addressBelow(path: string): string | undefined {
  const parts = path.replace(/^\.\//, '').split('/')
  const isBelow = path !== '' && parts.every((part) => part !== '' && part !== '.' && part !== '..')
  return isBelow ? `./${parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/')}` : undefined
}

/** A link to a file below the page's directory; for any other path its text alone. */
export function linkBelow(path: string | null, text: Content): Markup {
  const address = path === null ? undefined : addressBelow(path)
  if (address === undefined)
    return html`${text}${path !== null && html` <code>${isolated(bounded(path, 200))}</code>`}`
  return html`<a href="${address}">${text}</a>`
}
