import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ErrorCode, errorCatalogue, ViewerError } from '../../src/base/errors.ts'
import { errorAnswer } from '../../src/http/error-reply.ts'
import { projectRoot } from '../support/program.ts'

test('docs/errors.md has exactly the codes of the catalogue, each with its meaning and its status', async () => {
  const page = await readFile(join(projectRoot, 'docs/errors.md'), 'utf8')
  const rows = page.match(/^\| `[A-Z_]+` \| \d+ \|.*$/gm)
  const codes = Object.keys(errorCatalogue) as ErrorCode[]
  const expected = codes.map(code => {
    const { status } = errorAnswer(new ViewerError(code, 'a failure'))
    return `| \`${code}\` | ${status} | ${errorCatalogue[code]} |`
  })
  expect(rows).toEqual(expected)
})
