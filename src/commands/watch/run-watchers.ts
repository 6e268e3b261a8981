import type { Scenario } from '../../scenario/scenario.ts'
import { startLive } from '../../report/terminal/live.ts'
import type { Diary } from './diary.ts'
import { newProgress } from './progress.ts'
import type { Watcher } from './watchers.ts'

/** The terminal while a run goes. Lines that stay are logged above its block. */
export function watchOnTerminal({ name, durationMs }: Scenario): Watcher & { log(line: string): void } {
  const plannedSeconds = durationMs / 1e3
  const live = startLive({ stream: process.stderr, plannedSeconds, title: name })
  const progress = newProgress(plannedSeconds)
  return {
    name: 'the live display',
    second: (second, standing) => live.update(progress(second, standing)),
    note: (text) => live.log(text),
    log: (line) => live.log(line),
    ended: () => live.stop(),
    close: () => live.stop(),
  }
}

/** The run in its diary. */
export function watchInDiary(diary: Diary): Watcher {
  return {
    name: '--log',
    started: ({ plan, environment: { target } }) =>
      diary.started(plan.scenario, plan.users, target.apiUrl ?? target.stompUrl ?? ''),
    second: (second) => diary.second(second),
    note: (text) => diary.note(text),
    ended: (result) => diary.ended(result),
  }
}
