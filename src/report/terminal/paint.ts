import { styleText } from 'node:util'

/** Puts a style on a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string
export type Style = Parameters<typeof styleText>[0]

/** Where a person may be looking. */
export type Screen = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number }

/** For files, pipes and tests. */
export const plain: Paint = (_style, text) => text

/** Colours where the stream is a terminal that has them; NO_COLOR and FORCE_COLOR are obeyed. */
export function paintFor(stream: Screen): Paint {
  return (style, text) => styleText(style, text, { stream })
}
