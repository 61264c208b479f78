/** Links between the pages of the documentation lead somewhere. */
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../support/program.ts'

const pages = [
  ...(await readdir(projectRoot)).filter(name => name.endsWith('.md')),
  ...(await readdir(join(projectRoot, 'docs'), { recursive: true }))
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name)),
]
const readPage = async (page: string) => await readFile(join(projectRoot, page), 'utf8')

/** The anchor that a heading gets. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-')
}

async function anchorsOf(page: string): Promise<string[]> {
  return [...(await readPage(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
}

/** Every target inside the project that a page names, as path and anchor. */
async function targetsOf(page: string): Promise<{ path: string; anchor: string }[]> {
  const text = (await readPage(page)).replaceAll(/^```[\s\S]*?^```/gm, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|src="([^"]+)"/g)].map(([, link, source]) => link ?? source ?? '')
  return targets
    .filter(target => !/^[a-z]+:/.test(target))
    .map(target => {
      const [path = '', anchor = ''] = target.split('#')
      return { path: path === '' ? page : join(dirname(page), path), anchor }
    })
}

test.each(pages)('every link of %s leads to a file, and to a heading where it names one', async page => {
  for (const { path, anchor } of await targetsOf(page)) {
    expect(existsSync(resolve(projectRoot, path)), `${page} names ${path}`).toBe(true)
    const anchors = anchor === '' ? [''] : await anchorsOf(path)
    expect(anchors, `${page} names ${path}`).toContain(anchor)
  }
})

test('docs/README.md names every page of its folder', async () => {
  const index = (await targetsOf('docs/README.md')).map(({ path }) => path)
  const own = pages.filter(page => page.startsWith('docs/') && page !== 'docs/README.md')
  expect(index).toEqual(expect.arrayContaining(own))
})

test('every picture is shown by some page', async () => {
  const shown = (await Promise.all(pages.map(targetsOf))).flat().map(({ path }) => path)
  const pictures = (await readdir(join(projectRoot, 'docs/images'))).map(name => join('docs/images', name))
  expect(shown).toEqual(expect.arrayContaining(pictures))
})

test('pictures are small enough to be part of every clone', async () => {
  const folder = join(projectRoot, 'docs/images')
  for (const name of await readdir(folder)) {
    expect((await stat(join(folder, name))).size, name).toBeLessThan(150_000)
  }
})
