import { defineConfig } from 'vitest/config'

// CI wants the runner's figures beside what people read.
const figures = process.env['STOMPEDE_TEST_FIGURES']

/** Runs whose figures are judged, and brokers under load: their files go one after the other, so that no test starves another. */
const LIVE = [
  'test/commands/{conform,hostile-target,live-export,matrix,overload,planted-faults,run,survival,target-behaviour}*.test.ts',
  'test/conform/**/*.test.ts',
  'test/engine/broker-death.test.ts',
  'test/fuzz/**/*.test.ts',
  'test/target/{process,rabbitmq,rabbitmq-container}.test.ts',
  'test/truth/short.test.ts',
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
          exclude: LIVE,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'live', include: LIVE, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
