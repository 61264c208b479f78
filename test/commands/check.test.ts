/** What `check` finds in repositories that are sound, and in those that are not. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCheckCommand } from '../../src/config/check-command.ts'
import { readSettings } from '../../src/config/settings.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { runCheck } from '../../src/run-check.ts'
import { digestOfRepository } from '../faults/recovery.ts'
import { createSigningKey, signCommits } from '../support/signing.ts'
import { buildRepository, damageObject, openGolden, removeObject, runGit } from '../support/tracker-builder.ts'

const at = 1_700_000_000

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'check-'))
})
afterAll(() => rm(home, { recursive: true }))

interface Checked {
  readonly isClean: boolean
  readonly lines: readonly string[]
}

async function check(args: readonly string[], signal = new AbortController().signal): Promise<Checked> {
  const command = parseCheckCommand(['--data-dir', join(home, 'data'), '--log-level', 'silent', ...args])
  if (command.kind !== 'check') throw new Error('asked for help')
  const { options, paths } = command
  const settings = await readSettings({ options, paths, env: {}, cwd: home, homeDir: home })
  let text = ''
  const output = {
    write(piece: string) {
      text += piece
    },
  }
  const isClean = await runCheck({ command, settings, cwd: home, signal, output, told: { write() {} } })
  return { isClean, lines: text.trimEnd().split('\n') }
}

/** A tracker with one file attached, in loose objects. */
async function buildKiln(name: string) {
  const t = createTrackerWriter({ seed: 'kiln' })
  const ada = t.identity({ name: 'Ada', at })
  const file = t.attach('the log of the kiln')
  const first = t.bug(ada, { title: 'It smokes', message: 'A lot.', files: [file], at })
  const second = t.bug(ada, { title: 'It rattles', message: 'At night.', at: at + 10 })
  const { path } = await buildRepository(t, { dir: join(home, `${name}.git`), loose: true })
  return { path, ada, file, first, second }
}

describe('a repository that is sound', () => {
  test.each(['made', 'concurrent', 'signed'])('as the real client wrote it has no problems: %s', async name => {
    await using golden = (await openGolden(name))!
    const before = await digestOfRepository(golden.path)
    const { isClean, lines } = await check([golden.path])
    expect(lines).toEqual([expect.stringMatching(/^1 repository, \d+ bugs, \d+ people, .*, no problems, \d+\.\d s$/)])
    expect(isClean).toBe(true)
    expect(await digestOfRepository(golden.path)).toBe(before)
  })

  test('is read from git every time, and nothing is kept in the data folder', async () => {
    const { path } = await buildKiln('kept-nothing')
    await check([path])
    await check([path])
    expect(await readdir(home)).not.toContain('data')
  })

  test('in a folder is found, and one without bugs is counted and no problem', async () => {
    await buildKiln('folder/kiln')
    await runGit(home, ['init', '--quiet', '--bare', 'folder/empty.git'])
    const { isClean, lines } = await check(['folder'])
    expect(lines).toEqual([
      expect.stringMatching(
        /^2 repositories \(1 without bugs\), 2 bugs, 1 person, 1 attached file, no problems, \d+\.\d s$/,
      ),
    ])
    expect(isClean).toBe(true)
  })
})

describe('a repository that is not sound', () => {
  test('has a line for a bug that cannot be read, and the others are read', async () => {
    const { path, second } = await buildKiln('lost-commit')
    await removeObject(path, second.tip)
    const { isClean, lines } = await check([path])
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^lost-commit: refs/bugs/${second.id}: .*missing`)),
      expect.stringMatching(/^1 repository, 1 bug, 1 person, 1 attached file, 1 problem, /),
    ])
    expect(isClean).toBe(false)
  })

  test('has a line for an attached file that is missing, and one for a file that is damaged', async () => {
    const missing = await buildKiln('lost-file')
    await removeObject(missing.path, missing.file)
    const damaged = await buildKiln('damaged-file')
    await damageObject(damaged.path, damaged.file)
    const { lines } = await check([missing.path, damaged.path])
    const reason = `attached file ${missing.file} is missing or damaged`
    expect(lines.slice(0, 2)).toEqual([
      `damaged-file: refs/bugs/${damaged.first.id}: ${reason}`,
      `lost-file: refs/bugs/${missing.first.id}: ${reason}`,
    ])
  })

  test('has a line for a file that is no file', async () => {
    const t = createTrackerWriter({ seed: 'no file' })
    const ada = t.identity({ name: 'Ada', at })
    const bug = t.bug(ada, { title: 'It smokes', message: 'A lot.', files: [ada.tip], at })
    const { path } = await buildRepository(t, { dir: join(home, 'no-file.git') })
    const { lines } = await check([path])
    expect(lines[0]).toBe(`no-file: refs/bugs/${bug.id}: attached file ${ada.tip} is a commit and no file`)
  })

  test('has a line for each commit that should be signed and is not, and for each bad signature', async () => {
    const key = await createSigningKey({ type: 'curve25519' })
    const t = createTrackerWriter({ seed: 'signatures' })
    const ada = t.identity({ name: 'Ada', keys: [key.armor], at })
    const bug = t.bug(ada, { title: 'It smokes', message: 'A lot.', at })
    bug.comment(ada, { message: 'Less now.', at: at + 10 })
    bug.comment(ada, { message: 'No more.', at: at + 20 })
    const { path } = await buildRepository(t, { dir: join(home, 'signatures.git') })
    const commits = await signCommits(path, `refs/bugs/${bug.id}`, async (payload, index) => {
      if (index === 0) return await key.sign(payload)
      return index === 1 ? undefined : await key.sign(Buffer.from('something else'))
    })
    const { lines } = await check([path])
    expect(lines).toHaveLength(3)
    expect(lines).toContain(
      `signatures: refs/bugs/${bug.id}: commit ${commits[1]}: it is not signed, though its author has a key`,
    )
    expect(lines.join('\n')).toContain(`signatures: refs/bugs/${bug.id}: commit ${commits[2]}: bad signature: `)
  })

  test('is told in JSON to programs, the summary last', async () => {
    const { path, second } = await buildKiln('told-in-json')
    await removeObject(path, second.tip)
    const { lines } = await check(['--json', path])
    expect(lines.map(line => JSON.parse(line) as unknown)).toEqual([
      {
        type: 'problem',
        repository: 'told-in-json',
        ref: `refs/bugs/${second.id}`,
        reason: expect.stringContaining('missing'),
      },
      {
        type: 'summary',
        repositories: 1,
        empty: 0,
        bugs: 1,
        people: 1,
        files: 1,
        problems: 1,
        isComplete: true,
        seconds: expect.any(Number),
      },
    ])
  })

  test('that git cannot read as a whole is one line without a ref, and the next one is read', async () => {
    const { path } = await buildKiln('unreadable')
    const sound = await buildKiln('zzz-sound')
    await runGit(path, ['config', 'core.repositoryFormatVersion', '99'])
    const { isClean, lines } = await check(['--json', path, sound.path])
    expect(JSON.parse(lines[0]!)).toMatchObject({ type: 'problem', repository: 'unreadable', ref: null })
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ repositories: 2, bugs: 2, problems: 1 })
    expect(isClean).toBe(false)
  })

  test('cannot write what a terminal obeys', async () => {
    const t = createTrackerWriter({ seed: 'terminal' })
    const ada = t.identity({ name: 'Ada', at })
    t.bug(ada, { title: 'It smokes', message: 'A lot.', files: ['\u001b[2J\n\u202e'], at })
    const { path } = await buildRepository(t, { dir: join(home, 'terminal.git') })
    const { lines } = await check([path])
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(lines).toHaveLength(2)
  })
})

describe('nothing to check is a mistake, and no success', () => {
  const refusalOf = async (args: readonly string[]) => {
    const refused = await check(args).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'SETTING_INVALID' })
    return (refused as Error).message
  }

  test('where nothing was named, and the folder is no repository', async () => {
    expect(await refusalOf([])).toBe('there is nothing to check: no repository was found')
  })

  test('in a folder without repositories', async () => {
    expect(await refusalOf([await mkdtemp(join(home, 'empty-'))])).toContain('no repository was found')
  })

  test('in a clone that has no refs of bugs', async () => {
    await runGit(home, ['init', '--quiet', '--bare', 'clone.git'])
    expect(await refusalOf(['clone.git'])).toContain('no bugs and no people were found; a clone gets them with: git')
  })

  test('where two repositories have the same name, of which only one would be read', async () => {
    await buildKiln('one/twin')
    await buildKiln('two/twin')
    expect(await refusalOf(['one/twin.git', 'two/twin.git'])).toMatch(
      /^the PATH .*two\/twin\.git has the name twin, and so has .*one\/twin\.git; list it with a "name" of its own/,
    )
    // The same one twice is one.
    expect((await check(['one/twin.git', 'one/twin.git'])).lines[0]).toMatch(/^1 repository, /)
  })

  test('where there is no such folder', async () => {
    expect(await refusalOf(['no/such/folder'])).toContain('no/such/folder')
  })
})

test('ended early it says so, and is no success', async () => {
  const { path } = await buildKiln('ended')
  const { isClean, lines } = await check([path], AbortSignal.abort())
  expect(lines).toEqual([expect.stringMatching(/^stopped: 1 repository, 0 bugs/)])
  expect(isClean).toBe(false)
})
