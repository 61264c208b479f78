/**
 * Writes `config.example.yaml` and `docs/settings.md` anew after a change of the schema:
 * `node test/support/write-settings-docs.ts`
 */
import { writeFile } from 'node:fs/promises'
import { renderExample, renderReference } from '../../src/config/reference.ts'

const root = new URL('../../', import.meta.url)
await writeFile(new URL('config.example.yaml', root), renderExample())
await writeFile(new URL('docs/settings.md', root), renderReference())
