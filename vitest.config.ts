import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/required-programs.ts'],
    setupFiles: ['test/support/steady-properties.ts'],
    // Node itself strips the types, so that the tests refuse the syntax that `npm start` would refuse.
    experimental: { viteModuleRunner: false },
    env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    retry: 0,
    // For tests that hang: a busy machine with two processors makes a browser ten times as slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
  },
})
