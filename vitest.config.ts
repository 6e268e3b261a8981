import { defineConfig } from 'vitest/config'

// CI wants the runner's figures beside what people read.
const figures = process.env['STOMPEDE_TEST_FIGURES']

export default defineConfig({
  test: {
    reporters: figures === undefined ? ['default'] : ['default', ['json', { outputFile: figures }]],
    include: ['test/**/*.test.ts'],
    // Real brokers and spawned processes share two cores; files run one after the other so that no test starves another.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Tests run on Node's own module loader, as the product does: type stripping, registerHooks, worker threads.
    experimental: { viteModuleRunner: false },
  },
})
