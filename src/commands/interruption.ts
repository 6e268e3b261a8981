import { EXIT } from '../errors.ts'

/** SIGINT and SIGTERM as a signal object: the first drains, a second leaves at once with the exit code of a signal. */
export function interruption(onFirst: () => void): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.signal)
    onFirst()
    controller.abort()
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const name of signals) process.on(name, onSignal)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, onSignal)
    },
  }
}
