import { html, type Markup } from './markup.ts'

/** How something stands. Each state has its own shape, so that none is told by colour alone. */
export type State = 'good' | 'bad' | 'unsure' | 'quiet'

/** The sign of a state: a tick in a circle, a cross in an octagon, an exclamation mark in a triangle, a dash. */
export function icon(state: State): Markup {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${SHAPE[state]}</svg>`
}

/** A state in a word with its sign. */
export function status(state: State, word: string): Markup {
  return html`<span class="status ${state}">${icon(state)}${word}</span>`
}

/** Three bubbles on the run. */
export function logo(): Markup {
  return html`<svg class="logo" viewBox="0 0 32 20" aria-hidden="true">
    <path
      d="M1 6h5M0 10h7M2 14h4"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      opacity=".55"
    />
    <path
      d="M13 3h14a4 4 0 0 1 4 4v5a4 4 0 0 1-4 4h-9l-4 3v-3h-1a4 4 0 0 1-4-4V7a4 4 0 0 1 4-4z"
      fill="currentColor"
    />
    <path
      d="M14.5 9.8h2M19 9.8h2M23.5 9.8h2"
      fill="none"
      stroke="var(--paper)"
      stroke-width="2.2"
      stroke-linecap="round"
    />
  </svg>`
}

// --- internal ---

const SHAPE: Record<State, Markup> = {
  good: html`<circle cx="10" cy="10" r="9" fill="currentColor" /><path
      class="sign"
      d="m5.8 10.4 2.8 2.8 5.6-6"
    />`,
  bad: html`<path d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z" fill="currentColor" /><path
      class="sign"
      d="m6.8 6.8 6.4 6.4m0-6.4-6.4 6.4"
    />`,
  unsure: html`<path
      d="M10 2.4 18.6 17.6H1.4z"
      fill="currentColor"
      stroke="currentColor"
      stroke-width="2.4"
      stroke-linejoin="round"
    /><path class="sign" d="M10 7.4v4.6M10 15.2v.1" />`,
  quiet: html`<circle cx="10" cy="10" r="8" fill="none" stroke="currentColor" stroke-width="2" /><path
      d="M6.5 10h7"
      stroke="currentColor"
      stroke-width="2"
    />`,
}
