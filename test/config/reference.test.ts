/** The example file and the reference page are those of the schema, and they are right. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { helpText } from '../../src/config/command-line.ts'
import { renderExample, renderReference, settingsReference } from '../../src/config/reference.ts'
import { createSettingsSchema } from '../../src/config/schema.ts'
import { listSettings } from '../../src/config/setting-list.ts'
import { createSettingsFiles } from './settings-files.ts'

const root = new URL('../../', import.meta.url)
const advice = 'run: node test/support/write-settings-docs.ts'

test('config.example.yaml is the one made from the schema', async () => {
  expect(await readFile(new URL('config.example.yaml', root), 'utf8'), advice).toBe(renderExample())
})

test('docs/settings.md is the one made from the schema', async () => {
  expect(await readFile(new URL('docs/settings.md', root), 'utf8'), advice).toBe(renderReference())
})

test('the example file gives exactly the defaults', async () => {
  await using files = await createSettingsFiles()
  const settings = await files.read({ yaml: renderExample() })
  expect(settings).toEqual({ ...(await files.read({})), configFile: files.configFile })
})

test('every setting is in both documents with its variable, type and description', () => {
  const settings = settingsReference()
  expect(settings.length).toBeGreaterThan(30)
  const example = renderExample().replaceAll(/\n *#/g, '')
  const page = renderReference().replaceAll('\\', '')
  for (const { path, environment, type, description, default: standard, needsRestart } of settings) {
    expect(description).toMatch(/^[A-Zj*].*\.$/)
    const restart = needsRestart ? ' Needs a restart.' : ''
    expect(page).toContain(`| \`${path}\`<br>\`${environment}\``)
    expect(page).toContain(
      `| ${standard === undefined ? 'none' : `\`${standard}\``} | ${type} | ${description}${restart} |`,
    )
    expect(example).toContain(` ${description} Must be ${type}.${restart}`)
    expect(example).toContain(` ${environment}`)
  }
})

test('the names of variables follow from the paths', () => {
  const names = new Map(settingsReference().map(({ path, environment }) => [path, environment]))
  expect(names.get('server.trustedProxies')).toBe('GIT_BUG_VIEWER_SERVER_TRUSTED_PROXIES')
  expect(names.get('cache.rebuild.schedule')).toBe('GIT_BUG_VIEWER_CACHE_REBUILD_SCHEDULE')
  expect(names.get('dataDir')).toBe('GIT_BUG_VIEWER_DATA_DIR')
  expect(new Set(names.values()).size).toBe(names.size)
})

test('every example and every default can be given by its variable', async () => {
  await using files = await createSettingsFiles()
  const secretFile = await files.write('secret', 's3cret')
  const { settings } = listSettings(createSettingsSchema())
  const examples = settings.filter(({ example }) => example !== undefined)
  expect(examples.length).toBeGreaterThan(8)
  for (const { path, example, literal } of examples) {
    const text = /secretFile|passwordFile|AccessKeyFile/.test(path)
      ? secretFile
      : literal
        ? String(example)
        : JSON.stringify(example)
    const name = settingsReference().find(setting => setting.path === path)!.environment
    await expect(files.read({ env: { ...neededBy(path, secretFile), [name]: text } })).resolves.toBeDefined()
  }
  const withDefault = settings.filter(({ defaultValue }) => defaultValue !== undefined)
  const env = Object.fromEntries(
    withDefault.map(({ path, defaultValue, literal }) => {
      const name = settingsReference().find(setting => setting.path === path)!.environment
      return [name, literal ? String(defaultValue) : JSON.stringify(defaultValue)]
    }),
  )
  expect(await files.read({ env })).toEqual(await files.read({}))
})

/** Variables that a setting must come with. */
function neededBy(path: string, secretFile: string): Record<string, string> {
  if (path.startsWith('store.redis.')) return { GIT_BUG_VIEWER_STORE_REDIS_URL: 'rediss://h' }
  if (!path.startsWith('mirrors.coldStorage.')) return {}
  const secret = path.endsWith('.secretAccessKey') ? {} : { SECRET_ACCESS_KEY_FILE: secretFile }
  const account = { ENDPOINT: 'https://h', BUCKET: 'some-bucket', ACCESS_KEY_ID: 'viewer', ...secret }
  return Object.fromEntries(
    Object.entries(account).map(([name, text]) => [`GIT_BUG_VIEWER_MIRRORS_COLD_STORAGE_${name}`, text]),
  )
}

test('the defaults in the help are those of the schema', () => {
  const help = helpText()
  for (const { option, default: standard } of settingsReference().filter(({ option }) => option !== undefined)) {
    const line = help.split('\n').find(text => text.includes(`${option} `))!
    expect(line).toMatch(option === '--data-dir' ? /folder/ : new RegExp(`\\(${standard}[;)]`))
  }
})
