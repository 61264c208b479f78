/**
 * The post-receive script, with the defaults that an administrator gives. It lies beside this file, and
 * `docs/examples/post-receive` is a copy of it. A value gets into the script only between quotes that it cannot close,
 * and none that spans lines gets in at all.
 */
import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import { ViewerError } from '../base/errors.ts'

/** What the script goes by where the git configuration says nothing; see docs/hooks.md. */
export interface HookDefaults {
  /** Where the viewer is, with its base path. */
  readonly url?: string | undefined
  /** The repository's name in the viewer. */
  readonly repo?: string | undefined
  /** The folder that the viewer searches; absolute. */
  readonly root?: string | undefined
  /** A file with the viewer's `hooks.secret`; absolute. */
  readonly secretFile?: string | undefined
}

/** The variable of the script for each default. */
const variables = {
  url: 'default_url',
  repo: 'default_repo',
  root: 'default_root',
  secretFile: 'default_secret_file',
} as const satisfies Record<keyof HookDefaults, string>

/** What tells this hook from every other one. */
const signature = '# post-receive hook of git-bug-viewer: '

/** The script's text. @throws SETTING_INVALID where a value has control characters in it */
export async function readHookScript(defaults: HookDefaults): Promise<string> {
  let script = await fs.readFile(join(import.meta.dirname, 'post-receive.sh'), 'utf8')
  for (const [name, variable] of Object.entries(variables)) {
    const value = defaults[name as keyof HookDefaults]
    if (value === undefined) continue
    const line = `${variable}=${quoteForShell(value)}`
    script = script.replace(new RegExp(`^${variable}='.*'$`, 'm'), () => line)
  }
  return script
}

/** True for the text of this hook, of whatever version and with whatever defaults. */
export function isHookScript(text: string): boolean {
  return text.startsWith(`#!/bin/sh\n${signature}`)
}

/** A word of POSIX sh: between single quotes nothing means anything but the quote itself. */
function quoteForShell(value: string): string {
  if (/\p{Cc}/u.test(value)) {
    throw new ViewerError('SETTING_INVALID', 'a value for the hook must not have line breaks or control characters')
  }
  return `'${value.replaceAll("'", "'\\''")}'`
}
