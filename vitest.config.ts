import { defineConfig } from 'vitest/config'

// CI wants the runner's figures beside what people read.
const figures = process.env['STOMPEDE_TEST_FIGURES']

/** Runs whose figures are judged: their files go one after the other, so that no test starves another. */
const LIVE = [
  'test/commands/{compare-live,matrix,overload,planted-faults,run,target-behaviour}*.test.ts',
  'test/truth/short.test.ts',
]

/** Gates, and brokers under what goes wrong: they mostly wait, and answers that are late do them no harm. Two at a time. */
const WAITING = [
  'test/commands/{capacity,conform,hostile-target,live-export,survival}*.test.ts',
  'test/conform/**/*.test.ts',
  'test/engine/broker-death.test.ts',
  'test/fuzz/**/*.test.ts',
  'test/target/{process,rabbitmq,rabbitmq-container}.test.ts',
]

export default defineConfig({
  test: {
    reporters: figures === undefined ? ['default'] : ['default', ['json', { outputFile: figures }]],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Within a file, runs that mostly wait may go side by side (`describe.concurrent`): one for each core.
    maxConcurrency: 2,
    // Tests run on Node's own module loader, as the product does: type stripping, registerHooks, worker threads.
    experimental: { viteModuleRunner: false },
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...LIVE, ...WAITING],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'waiting', include: WAITING, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { name: 'live', include: LIVE, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
    ],
  },
})
