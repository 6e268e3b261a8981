import type { StartEvent } from '../../engine/events.ts'
import type { Standing } from '../../engine/run.ts'
import type { Second } from '../../engine/timeline.ts'
import { reasonOf } from '../../errors.ts'
import type { RunResult } from '../../measure/result.ts'

/** Somebody who looks on while a run goes: a display, a diary, an export. Only what it wants to hear of it has to have. */
export interface Watcher {
  /** For the line that says it failed. */
  name: string
  /** The load starts. */
  started?(start: StartEvent): void
  /** Every second of the run. `standing` is the run so far, read and not kept. */
  second?(second: Second, standing: Standing): void
  /** Something a person should know, in one line. */
  note?(text: string): void
  /** The run is over and judged, its reports are not yet written. */
  ended?(result: RunResult): void
  /** Whatever happened: lets go, in bounded time. */
  close?(): Promise<void> | void
}

/** All watchers as one, which never throws: a watcher that does is named once and hears no more. */
export function watchAll(
  watchers: readonly Watcher[],
  warn: (line: string) => void,
): Required<Omit<Watcher, 'name'>> & { close(): Promise<void> } {
  const failed = new Set<Watcher>()
  const fail = (watcher: Watcher, error: unknown): void => {
    if (!failed.has(watcher)) warn(`${watcher.name} failed (${reasonOf(error)}): the run goes on without it`)
    failed.add(watcher)
  }
  const tell = (call: (watcher: Watcher) => void): void => {
    for (const watcher of watchers) {
      if (failed.has(watcher)) continue
      try {
        call(watcher)
      } catch (error) {
        fail(watcher, error)
      }
    }
  }
  return {
    started: (start) => tell((watcher) => watcher.started?.(start)),
    second: (second, standing) => tell((watcher) => watcher.second?.(second, standing)),
    note: (text) => tell((watcher) => watcher.note?.(text)),
    ended: (result) => tell((watcher) => watcher.ended?.(result)),
    // Those that failed may hold something too.
    close: async () => {
      await Promise.all(
        watchers.map(async (watcher) => {
          try {
            await watcher.close?.()
          } catch (error) {
            fail(watcher, error)
          }
        }),
      )
    },
  }
}
