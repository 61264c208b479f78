/**
 * The package as people get it: made and published as a release does it, to a registry on this machine, installed in
 * an empty folder, and run by the newest Node that it is for and by the oldest.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { openPackageRegistry, type PackageRegistry } from '../support/package-registry.ts'
import { projectRoot, type RunningProgram, startProgram } from '../support/program.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'

const run = promisify(execFile)
const installLimitMs = 900_000
/** The one that `engines` in package.json and `bin/` name. */
const oldestNode = '24.15.0'

const { version, engines } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
  version: string
  engines: { node: string }
}

let home: string
let registry: PackageRegistry
/** What the release gives away. */
let release: string
/** Where the package is installed, with the oldest Node beside it. */
let installed: string
let program: string
let repository: string
let bugId: string
let files: string[]

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'package-'))
  registry = await openPackageRegistry()
  release = join(home, 'release')
  await runScript('release-files', [release, `v${version}`])
  await runScript('publish-package', [release], { PACKAGE_REGISTRY: registry.url, PACKAGE_TOKEN: 'anybody' })
  installed = join(home, 'installed')
  await mkdir(installed)
  // npm 12 asks before it runs the script with which the package of Node chooses that of this machine.
  await writeFile(join(installed, 'package.json'), JSON.stringify({ allowScripts: { node: true } }))
  await npm(['install', 'git-bug-viewer', `node@${oldestNode}`])
  program = join(installed, 'node_modules/git-bug-viewer')
  const { stdout } = await run('tar', ['-tzf', join(release, `git-bug-viewer-${version}.tgz`)])
  files = stdout.trim().split('\n')

  const t = createTrackerWriter({ seed: 'package' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, { title: 'It smokes', message: 'A **lot**.', at: 1_700_000_100 })
  repository = (await buildRepository(t, { dir: join(home, 'srv/kiln.git') })).path
  bugId = bug.id
}, installLimitMs)

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(home, { recursive: true, force: true })
})

async function runScript(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return await run(join(projectRoot, '.ci', name), args, { env: { ...cleanEnvironment(), ...env } })
}

async function npm(args: readonly string[]) {
  const env = { ...cleanEnvironment(), npm_config_registry: registry.url }
  return await run('npm', ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...args], {
    cwd: installed,
    env,
  })
}

/** Without what npm tells the scripts that it runs, such as these tests, of the folder in which it was started. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
}

/** Runs the installed command to its end. */
async function runInstalled(node: string, args: readonly string[]): Promise<string> {
  return (await run(node, [join(program, 'bin/git-bug-viewer.js'), ...args], { cwd: home })).stdout
}

describe('what is published', () => {
  test('holds what the program needs at run time, and nothing that only development does', async () => {
    const needed = ['bin/git-bug-viewer.js', 'dist/main.js', 'dist/main.d.ts', 'dist/git/post-receive.sh', 'LICENSE']
    expect(files).toEqual(expect.arrayContaining(needed.map(name => `package/${name}`)))
    const folders = new Set(files.map(file => file.split('/')[1]))
    for (const folder of ['src', 'test', 'bench', 'release', 'node_modules']) expect(folders).not.toContain(folder)
    expect(files.filter(file => /\.(test\.|bundle$|tsbuildinfo$)/.test(file))).toEqual([])
    const { size } = await stat(join(release, `git-bug-viewer-${version}.tgz`))
    console.log(`the package has ${files.length} files and ${(size / 1e6).toFixed(1)} MB`)
    expect(size).toBeLessThan(4_000_000)
  })

  test('knows no machine and no registry', async () => {
    for (const name of [projectRoot, home]) {
      const found = run('grep', ['-rlF', '--exclude-dir=node_modules', name, program])
      await expect(found, name).rejects.toMatchObject({ code: 1 })
    }
    expect(await readFile(join(program, 'npm-shrinkwrap.json'), 'utf8')).not.toContain('"resolved"')
  })

  test('is described by checksums, notes and a list of the very packages that are installed', async () => {
    await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: release })
    const changelog = await readFile(join(projectRoot, 'CHANGELOG.md'), 'utf8')
    const notes = (await readFile(join(release, 'notes.md'), 'utf8')).trim()
    expect(notes).not.toBe('')
    expect(changelog).toContain(notes)

    const sbom = JSON.parse(await readFile(join(release, `git-bug-viewer-${version}.cdx.json`), 'utf8')) as {
      metadata: { component: { name: string; version: string } }
      components: { group?: string; name: string; version: string }[]
    }
    expect(sbom.metadata.component).toMatchObject({ name: 'git-bug-viewer', version })
    const listed = sbom.components.map(({ name, version }) => `${name} ${version}`)
    const there = await installedPackages()
    expect(there.length).toBeGreaterThan(50)
    expect(there.filter(each => !listed.includes(each))).toEqual([])
    expect(listed.filter(each => /^(vitest|typescript|node) /.test(each))).toEqual([])
  })

  test('is refused under a tag that is not its version', async () => {
    const refused = runScript('release-files', [join(home, 'other'), 'v9.9.9'])
    await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(`v${version}`) })
  })
})

/** Name and version of what lies in the folder of the package: the shrinkwrap has npm put it there. */
async function installedPackages(): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(installed, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; optional?: boolean }>
  }
  return Object.entries(lock.packages)
    .filter(([path]) => path.startsWith('node_modules/git-bug-viewer/'))
    .map(([path, { version }]) => `${path.split('node_modules/').at(-1)} ${version}`)
}

test('engines and the command agree on the oldest Node', async () => {
  expect(engines.node).toBe(`>=${oldestNode}`)
  expect(await readFile(join(program, 'bin/git-bug-viewer.js'), 'utf8')).toContain(`const needed = '${oldestNode}'\n`)
})

test('npx finds the command and the Node beside it', async () => {
  expect((await npm(['exec', '--', 'git-bug-viewer', '--version'])).stdout.trim()).toBe(version)
  const { stdout } = await npm(['exec', '--', 'node', '--version'])
  expect(stdout.trim()).toBe(`v${oldestNode}`)
})

test('an older Node gets one sentence with a way out that works', async () => {
  const preload = join(home, 'old-node.cjs')
  await writeFile(preload, `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`)
  const refused = run(process.execPath, ['--require', preload, join(program, 'bin/git-bug-viewer.js'), '--version'])
  // What it says to install is what the other tests here run with.
  await expect(refused).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^git-bug-viewer: needs Node 24\.15\.0 .* 20\.20\.2; run "npm install node@\d+" .*"npx git-bug-viewer"\n$/,
    ),
  })
})

test('a program in TypeScript may import it, and is told the types', async () => {
  const file = join(installed, 'embedded.mts')
  const compile = async () =>
    await run('tsc', ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', file], { cwd: installed })
  await writeFile(file, `import { main } from 'git-bug-viewer'\nexport const ended: Promise<void> = main(['--help'])\n`)
  expect((await compile()).stdout).toBe('')
  await writeFile(file, `import { main } from 'git-bug-viewer'\nvoid main(42)\n`)
  await expect(compile()).rejects.toMatchObject({ stdout: expect.stringContaining('TS2345') })
})

test('traces name the sources where Node is asked for that, and the maps carry them', async () => {
  const map = JSON.parse(await readFile(join(program, 'dist/main.js.map'), 'utf8')) as { sourcesContent: string[] }
  expect(map.sourcesContent).toEqual([await readFile(join(projectRoot, 'src/main.ts'), 'utf8')])
  const script = `import(${JSON.stringify(join(program, 'dist/query/parser.js'))}).then(({ parseQuery }) => parseQuery(null)).catch(error => console.log(error.stack))`
  const { stdout } = await run(process.execPath, ['--enable-source-maps', '--eval', script])
  expect(stdout).toMatch(/src\/query\/\w+\.ts:\d+/)
})

describe.each([
  ['the Node of the project', () => process.execPath],
  [`Node ${oldestNode}`, () => join(installed, 'node_modules/node/bin/node')],
])('installed, under %s', (name, findNode) => {
  let node: string
  let data: string
  beforeAll(async () => {
    node = findNode()
    data = await mkdtemp(join(home, 'data-'))
  })

  const start = async (args: readonly string[]): Promise<RunningProgram> =>
    await startProgram({ folder: program, node, cwd: data, args: ['--port', '0', '--data-dir', data, ...args] })

  test('it says what it is, and what it can do', async () => {
    expect(await runInstalled(node, ['--version'])).toBe(`${version}\n`)
    expect(await runInstalled(node, ['--help'])).toContain('--data-dir')
    expect(await runInstalled(node, ['hook', 'print'])).toMatch(/^#!\/bin\/sh\n/)
  })

  test('it shows the demo, and ends in order', async () => {
    await using running = await start([])
    const page = await fetch(running.url)
    expect([page.status, new URL(page.url).pathname]).toEqual([200, '/kiln/-/bugs'])
    const style = /href="([^"]+\.css[^"]*)"/.exec(await page.text())?.[1]
    expect((await fetch(new URL(style!, page.url))).status).toBe(200)
    expect(await running.stop()).toBe(0)
  })

  test('it serves a repository: pages, full text, JSON, a hook, a fetch; in worker threads too', async () => {
    const t = createTrackerWriter({ seed: `many ${name}` })
    const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
    for (let index = 0; index < 20; index++)
      t.bug(ada, { title: `Crack ${index}`, message: 'Glaze.', at: 1_700_000_000 + index })
    await using many = await buildRepository(t)
    await using running = await start([
      '--config',
      await settingsFile({ cache: { workers: { fromEntities: 10 } } }),
      repository,
      many.path,
    ])
    const get = async (path: string) => await fetch(new URL(path, running.url))
    expect(await (await get('kiln/-/bugs')).text()).toContain('It smokes')
    expect(await (await get(`kiln/-/bugs/${bugId}`)).text()).toContain('<strong>lot</strong>')
    expect(await (await get('kiln/-/bugs?q=lot')).text()).toContain('It smokes')
    expect(await (await get('kiln/-/bugs.json')).json()).toMatchObject({ items: [{ title: 'It smokes' }] })
    expect((await get('tracker/-/bugs.json')).status).toBe(200)

    await run(node, [join(program, 'bin/git-bug-viewer.js'), 'hook', 'install', repository, '--url', running.url])
    expect(await readFile(join(repository, 'hooks/post-receive'), 'utf8')).toContain(new URL(running.url).origin)
    const client = await mkdtemp(join(data, 'client-'))
    await runGit(client, ['init', '--quiet', '--bare', '.'])
    await runGit(client, ['fetch', '--quiet', `${running.url}kiln.git`, 'refs/bugs/*:refs/bugs/*'])
    expect(await runGit(client, ['for-each-ref', '--format=%(refname)'])).toContain(bugId)
    expect(running.log().filter(({ level }) => Number(level) >= 40)).toEqual([])
    expect(await running.stop()).toBe(0)
  })

  async function settingsFile(settings: Readonly<Record<string, unknown>>): Promise<string> {
    const file = join(data, 'settings.yaml')
    await writeFile(file, JSON.stringify(settings))
    return file
  }
})
