/**
 * A folder of pages as a visitor without a server meets it: every page, every link, every place that a link names.
 * Tags are found by a pattern of its own, so that what is checked was not found by what is tested.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** Paths of all files below a folder, without those of hidden folders. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => !path.split('/').some(part => part.startsWith('.')) && statSync(join(folder, path)).isFile())
    .toSorted()
}

/** Every link of a page, as written. */
export function linksOf(html: string): string[] {
  return [...html.matchAll(/<[a-z][^<>]*?\s(?:href|src|action|srcset|poster)="([^"]*)"/gi)].map(([, url = '']) =>
    url.replaceAll('&amp;', '&'),
  )
}

/** What is wrong with the links of all pages of a folder: `page -> link: why`. */
export function brokenLinks(folder: string): string[] {
  const anchors = new Map<string, ReadonlySet<string>>()
  const anchorsOf = (file: string) => {
    const html = readFileSync(file, 'utf8')
    const found = anchors.get(file) ?? new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => id))
    anchors.set(file, found)
    return found
  }
  return filesOf(folder)
    .filter(path => path.endsWith('.html') && path !== '404.html')
    .flatMap(path => {
      const wrong = (link: string) => {
        if (/^(?:[a-z]+:)?\/\//i.test(link) || /^[a-z]+:/i.test(link)) return undefined
        if (link.startsWith('/')) return 'leads to the root of a server'
        const [target = '', anchor = ''] = link.split('#')
        if (target.includes('?')) return 'asks a server'
        const file = target === '' ? join(folder, path) : normalize(join(folder, dirname(path), target))
        if (!file.startsWith(folder)) return 'leads out of the folder'
        if (!existsSync(file) || !statSync(file).isFile()) return 'leads to no file'
        return anchor === '' || anchorsOf(file).has(decodeURIComponent(anchor)) ? undefined : 'names no place'
      }
      return linksOf(readFileSync(join(folder, path), 'utf8')).flatMap(link => {
        const why = wrong(link)
        return why === undefined ? [] : [`${path} -> ${link}: ${why}`]
      })
    })
}
