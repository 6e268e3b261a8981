import { contentPolicy } from './assets.ts'
import { logo } from './icons.ts'
import { html, isolated, inlineScript, inlineStyle, type Markup, textOf } from './markup.ts'

/** What a page puts into the shell that all pages have in common. */
export interface Shell {
  title: string
  runId: string
  /** The sections by their ids, in the page's order. */
  chapters: readonly (readonly [id: string, name: string])[]
  /** Above the chapters' list. */
  body: Markup
  sections: Markup
  footer: Markup
  /** What the scripts draw. */
  data: readonly Markup[]
  /** Inline and in this order; nothing else runs. */
  styles: readonly string[]
  scripts: readonly string[]
  /** The page hears from the server that it was loaded from. */
  isConnected?: boolean
}

/** A whole page: head with its policy, brand and run, body, list of chapters, sections, footer. */
export function shell({
  title,
  runId,
  chapters,
  body,
  sections,
  footer,
  data,
  styles,
  scripts,
  isConnected = false,
}: Shell): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts, styles, isConnected)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Stompede</title>
        ${styles.map(inlineStyle)}
      </head>
      <body>
        <a class="skip" href="#${chapters[0]?.[0]}">Skip to the tables</a>
        <header class="wide top">
          <span class="brand">${logo()}Stompede</span>
          <code>${isolated(runId)}</code>
          <button type="button" class="theme" hidden>Colours: system</button>
        </header>
        <main>
          <div class="wide">${body}</div>
          <nav aria-label="Chapters">
            <ul class="wide">
              ${chapters.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}
            </ul>
          </nav>
          <div class="wide">${sections}</div>
        </main>
        <footer class="wide"><p>${footer}</p></footer>
        ${data} ${scripts.map(inlineScript)}
      </body>
    </html> `
  return textOf(page)
}
