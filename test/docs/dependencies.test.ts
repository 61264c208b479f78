/** The table of packages in the decision about them is what is installed, and each of them is used. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../support/program.ts'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const readJson = async (name: string) => JSON.parse(await readFile(join(projectRoot, name), 'utf8')) as unknown
const { dependencies } = (await readJson('package.json')) as { dependencies: Record<string, string> }
const { packages } = (await readJson('package-lock.json')) as { packages: Record<string, LockedPackage> }
const decision = await readFile(join(projectRoot, 'docs/decisions/0023-dependencies.md'), 'utf8')
const rows = [...decision.matchAll(/^\| ([@\w./-]+) \| (\d+) \| (.+) \| (.+) \| (.+) \|$/gm)]

/** Where a package that another one asks for lies: in that one's folder, or above it. */
function placeOf(name: string, from: string): string {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const place = `${base === '' ? '' : `${base}/`}node_modules/${name}`
    if (place in packages || base === '') return place
  }
}

function collect(place: string, into = new Set<string>()): Set<string> {
  if (into.has(place) || !(place in packages)) return into
  into.add(place)
  for (const name of Object.keys(packages[place]?.dependencies ?? {})) collect(placeOf(name, place), into)
  return into
}

test('the table has each package of the program, with the number of its own ones', () => {
  const told = rows.map(([, name, count]) => [name, Number(count)])
  const installed = Object.keys(dependencies).map(name => [name, collect(`node_modules/${name}`).size - 1])
  expect(told).toEqual(installed)
})

test('each of them is used by the sources', async () => {
  const names = (await readdir(join(projectRoot, 'src'), { recursive: true })).filter(name => name.endsWith('.ts'))
  const sources = await Promise.all(names.map(name => readFile(join(projectRoot, 'src', name), 'utf8')))
  const all = sources.join('\n')
  expect(Object.keys(dependencies).filter(name => !new RegExp(`'${name}(?:/[^']*)?'`).test(all))).toEqual([])
})

test('versions are exact, each file has its digest, and nothing runs when it is installed', () => {
  expect(Object.values(dependencies).filter(version => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  const locked = Object.entries(packages).filter(([place, { dev }]) => place !== '' && dev !== true)
  expect(locked.length).toBeGreaterThan(50)
  expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([place]) => place)).toEqual([])
  expect(locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([place]) => place)).toEqual([])
})

test('the list that comes with a release can be written without asking anybody, and is complete', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sbom-'))
  // Without the packages of development, as in the published package: `--omit dev` leaves out those that both need.
  const { devDependencies: _, ...published } = (await readJson('package.json')) as { devDependencies: unknown }
  await writeFile(join(folder, 'package.json'), JSON.stringify(published))
  const locked = Object.entries(packages).filter(([, { dev }]) => dev !== true)
  const { devDependencies: __, ...root } = packages['']!
  const lock = { lockfileVersion: 3, packages: { ...Object.fromEntries(locked), '': root } }
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--offline']
  const { npm_config_local_prefix: ___, ...env } = process.env
  const text = execFileSync('npm', args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  await rm(folder, { recursive: true })
  const { components } = JSON.parse(text) as { components: { name: string; version: string }[] }
  const listed = components.map(({ name, version }) => `${name}@${version}`)
  const wanted = locked
    .filter(([place, { optional }]) => place !== '' && !optional)
    .map(([place, { version }]) => `${place.slice(place.lastIndexOf('node_modules/') + 13)}@${version}`)
  expect(wanted.length).toBeGreaterThan(100)
  expect(wanted.filter(name => !listed.includes(name))).toEqual([])
})
