/** The usual tests, with each file's process writing down what of the sources it has run (see `coverage.ts`). */
import { join } from 'node:path'
import { mergeConfig } from 'vitest/config'
import usual from '../../vitest.config.ts'

export default mergeConfig(usual, {
  root: join(import.meta.dirname, '../..'),
  test: { setupFiles: ['test/proof/coverage-setup.ts'] },
})
