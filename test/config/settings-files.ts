/** Settings read from real files in a folder of the test's own, which is gone when the test is over. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isViewerError, type ViewerError } from '../../src/base/errors.ts'
import type { CommandLineOptions } from '../../src/config/command-line.ts'
import type { SettingProblem } from '../../src/config/problem.ts'
import { readSettings, type Settings } from '../../src/config/settings.ts'

interface Sources {
  readonly yaml?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly options?: CommandLineOptions
  /** PATHs of the command line. */
  readonly paths?: readonly string[]
}

export interface SettingsFiles extends AsyncDisposable {
  /** The settings file, whether it was written or not. */
  readonly configFile: string
  /** Writes a file beside the settings file and returns its path. */
  write(name: string, content: string | Uint8Array): Promise<string>
  read(sources: Sources): Promise<Settings>
  /** The error of settings that must be refused. */
  refuse(sources: Sources): Promise<ViewerError>
}

export const cwd = '/work-folder'
export const homeDir = '/home/ann'

export async function createSettingsFiles(): Promise<SettingsFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'gbv-config-'))
  const configFile = join(folder, 'gbv.yaml')
  const read = async ({ yaml, env = {}, options = {}, paths = [] }: Sources) => {
    if (yaml === undefined) return readSettings({ options, paths, env, cwd, homeDir })
    await writeFile(configFile, yaml)
    return readSettings({ options: { config: configFile, ...options }, paths, env, cwd, homeDir })
  }
  return {
    configFile,
    async write(name, content) {
      await writeFile(join(folder, name), content)
      return join(folder, name)
    },
    read,
    async refuse(sources) {
      const settled = await read(sources).then(
        settings => settings,
        (error: unknown) => error,
      )
      if (isViewerError(settled, 'SETTING_INVALID')) return settled
      throw new Error(`these settings were not refused: ${JSON.stringify(sources)}`, { cause: settled })
    },
    [Symbol.asyncDispose]: () => rm(dirname(configFile), { recursive: true }),
  }
}

/** The sentences of an error, all of them. */
export function sentences(error: ViewerError): string[] {
  return (error.data.problems as SettingProblem[]).map(({ message }) => message)
}
