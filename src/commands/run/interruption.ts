import { EXIT } from '../../errors.ts'

/**
 * SIGINT, SIGTERM and SIGHUP (the terminal is gone) as a signal object: the first drains, a second leaves at once with the exit code
 * of a signal. What was started in a process group of its own would outlive a hang-up that nobody heeds.
 */
export function interruption(onFirst: () => void): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.signal)
    onFirst()
    controller.abort()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, onSignal)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, onSignal)
    },
  }
}
