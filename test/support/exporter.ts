/** The command `export` in this process, into a folder of its own, for tests that look at what it writes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseExportCommand } from '../../src/config/export-command.ts'
import { readSettings } from '../../src/config/settings.ts'
import { runExport } from '../../src/run-export.ts'

export interface Exporter extends AsyncDisposable {
  /** A folder for everything. */
  readonly home: string
  /** Where exports go. */
  readonly out: string
  /** Runs it. @param args after `export --out DIR` */
  run(args: readonly string[], options?: { signal?: AbortSignal }): Promise<{ text: string; isComplete: boolean }>
}

export async function openExporter(): Promise<Exporter> {
  const home = await mkdtemp(join(tmpdir(), 'export-'))
  const out = join(home, 'out')
  return {
    home,
    out,
    async run(args, { signal = new AbortController().signal } = {}) {
      const command = parseExportCommand([
        '--out',
        out,
        '--data-dir',
        join(home, 'data'),
        '--log-level',
        'silent',
        ...args,
      ])
      if (command.kind !== 'export') throw new Error('asked for help')
      const { options, paths } = command
      const settings = await readSettings({ options, paths, env: {}, cwd: home, homeDir: home })
      return await runExport({
        command,
        settings,
        out,
        paths: settings.paths,
        cwd: home,
        signal,
        told: { write: () => {} },
      })
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  }
}
