/**
 * Makes `dist/` and `npm-shrinkwrap.json`, which a package has and a checkout has not; npm calls it before it packs, and
 * removes both afterwards. `dist/` is `src/` without its types, with maps back to it: Node runs no TypeScript below
 * `node_modules`. The shrinkwrap makes npm install the very packages that were tested, those of packages too; it is the
 * lock file without what only development needs.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

rmSync(join(root, 'dist'), { recursive: true, force: true })
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
// What the sources read at run time beside themselves.
for (const file of globSync('src/**/*.sh', { cwd: root })) {
  cpSync(join(root, file), join(root, file.replace('src', 'dist')))
}
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
writeFileSync(join(root, 'npm-shrinkwrap.json'), `${JSON.stringify(withoutDevelopment(JSON.parse(lock)), null, 2)}\n`)

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

interface LockedPackage {
  readonly dev?: boolean
  readonly devDependencies?: Readonly<Record<string, string>> | undefined
}

function withoutDevelopment(file: LockFile): LockFile {
  const kept = Object.entries(file.packages)
    .filter(([, { dev }]) => dev !== true)
    .map(([path, locked]) => [path, { ...locked, devDependencies: undefined }] as const)
  return { ...file, packages: Object.fromEntries(kept) }
}
