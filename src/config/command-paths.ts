/**
 * The PATHs of the command line: folders, and addresses of remote repositories, which are listed as those of
 * `mirrors.list` are. What looks like an address is one; a folder of such a name is written with `./` before it.
 */
import { parseRemoteUrl, type RemoteUrl } from '../base/remote-url.ts'
import type { MirrorsSettings } from './mirrors-settings.ts'
import { type SettingProblem, showText, withoutSecrets } from './problem.ts'
import type { CheckedSettings } from './schema.ts'

interface SortedPaths {
  /** As they were written. */
  readonly folders: readonly string[]
  readonly remotes: readonly RemoteUrl[]
  /** Addresses that cannot be used. */
  readonly problems: readonly SettingProblem[]
}

/** A scheme, `user@host:`, or a helper of git: one that is wrong must not end as a missing folder, with its password. */
const addressLike = /^(?:[a-z][a-z0-9+.-]*:\/\/|[a-z][a-z0-9+.-]*::|[^/@]+@[^/@]+:)/is

/** True where a PATH is an address, right or wrong. */
export function isAddressLike(path: string): boolean {
  return addressLike.test(path)
}

/** Tells folders and addresses apart. */
export function sortPaths(paths: readonly string[]): SortedPaths {
  const folders: string[] = []
  const remotes = new Map<string, RemoteUrl>()
  const problems: SettingProblem[] = []
  for (const path of paths) {
    const url = isAddressLike(path) ? parseRemoteUrl(path) : undefined
    if (url === undefined) folders.push(path)
    else if ('mistake' in url) {
      const shown = showText(withoutSecrets(path))
      problems.push({ message: `the PATH ${shown} on the command line cannot be used: the address ${url.mistake}` })
    } else remotes.set(url.href, url)
  }
  return { folders, remotes: [...remotes.values()], problems }
}

/** Addresses of the command line whose names are taken. One that is listed as it is there is no second one. */
export function findNamesakes(settings: CheckedSettings, remotes: readonly RemoteUrl[]): SettingProblem[] {
  const { mirrors, repositories } = settings
  const names = new Set([...repositories.list.flatMap(({ name }) => name ?? []), ...mirrors.list.map(nameOf)])
  const problems: SettingProblem[] = []
  for (const { href, name } of unlisted(mirrors.list, remotes)) {
    if (names.has(name)) {
      const shown = `${showText(href)} on the command line has the name ${showText(name)}`
      problems.push({ message: `the PATH ${shown}, and so has another repository; list it with a "name" of its own` })
    }
    names.add(name)
  }
  return problems
}

/** What the settings say, with the addresses of the command line at the end of the list. */
export function addMirrors(mirrors: MirrorsSettings, remotes: readonly RemoteUrl[]): MirrorsSettings {
  const added = unlisted(mirrors.list, remotes).map(url => ({ url, hidden: false, neverEvict: false }))
  return { ...mirrors, list: [...mirrors.list, ...added] }
}

function unlisted(list: readonly { readonly url: RemoteUrl }[], remotes: readonly RemoteUrl[]): RemoteUrl[] {
  const listed = new Set(list.map(({ url }) => url.href))
  return remotes.filter(({ href }) => !listed.has(href))
}

/** What a listed mirror is called. */
export function nameOf({ name, url }: { readonly name?: string | undefined; readonly url: RemoteUrl }): string {
  return name ?? url.name
}
