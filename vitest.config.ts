import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/required-programs.ts'],
    // Node itself strips the types, so that the tests refuse the syntax that `npm start` would refuse.
    experimental: { viteModuleRunner: false },
    env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    retry: 0,
    // For tests that hang: a busy machine with two processors makes a browser ten times as slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    coverage: { provider: 'v8', include: ['src/**'] },
  },
})
