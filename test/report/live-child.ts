import { startLive } from '../../src/report/terminal/live.ts'
import { progressAt } from './progress.ts'

// Run in a terminal of its own: shows the live block and then leaves in the way its argument says.
const live = startLive({ stream: process.stdout, title: 'steady', plannedSeconds: 30 })
live.update(progressAt(1))
live.log('a line that stays')
switch (process.argv[2]) {
  case 'stop':
    live.stop()
    break
  case 'exit':
    process.exit(3)
    break
  case 'throw':
    throw new Error('thrown on purpose')
  case 'signal':
    process.kill(process.pid, 'SIGTERM')
    // The signal is delivered on the next turn of the loop, which must not be empty until then.
    setTimeout(() => undefined, 10_000)
    break
  default:
    throw new Error('which way out?')
}
