import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { takeLock } from '../../src/base/folder-lock.ts'
import { canMount, mountSmallDisk } from '../support/small-disk.ts'

async function makeFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'lock-'))
  return {
    folder,
    file: join(folder, 'lock'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A process that runs until it is disposed. */
function startProcess() {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return { pid: child.pid!, stop, [Symbol.asyncDispose]: stop }
}

const what = 'another one writes here'

/** What the lock of a process says. */
async function describeOwn(): Promise<string> {
  await using own = await makeFolder()
  await using _ = await takeLock(own.file, what)
  return await readlink(own.file)
}

/** When a process was started, as its lock would say. */
async function startOf(pid: number): Promise<string> {
  const ticks = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)!.split(' ')[19]
  return `${(await describeOwn()).split(' ')[1]!.split('/')[0]}/${ticks}`
}

describe('a lock', () => {
  test('names its process, and is gone when it is given back', async () => {
    await using own = await makeFolder()
    const lock = await takeLock(own.file, what)
    expect(await readlink(own.file)).toMatch(new RegExp(`^${process.pid} [0-9a-f-]{36}/[0-9]+$`))
    await lock[Symbol.asyncDispose]()
    expect(await readdir(own.folder)).toEqual([])
  })

  test('is refused to everybody else, also in the same process, with who has it', async () => {
    await using own = await makeFolder()
    await using _ = await takeLock(own.file, what)
    await expect(takeLock(own.file, what)).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      message: `another one writes here now (process ${process.pid})`,
    })
  })

  test('can be had again once it was given back', async () => {
    await using own = await makeFolder()
    for (let round = 0; round < 3; round++) {
      await using _ = await takeLock(own.file, what)
      await expect(takeLock(own.file, what)).rejects.toThrow(what)
    }
  })

  test('of another process that runs is refused', async () => {
    await using own = await makeFolder()
    await using other = startProcess()
    await symlink(`${other.pid} ${await startOf(other.pid)}`, own.file)
    await expect(takeLock(own.file, what)).rejects.toThrow(`(process ${other.pid})`)
  })

  test('of a process that was killed is taken over', async () => {
    await using own = await makeFolder()
    const other = startProcess()
    await symlink(`${other.pid} ${await startOf(other.pid)}`, own.file)
    await other.stop()
    await using _ = await takeLock(own.file, what)
    expect(await readlink(own.file)).toMatch(new RegExp(`^${process.pid} `))
    expect(await readdir(own.folder)).toEqual(['lock'])
  })

  test('of a process that has ended, and that its parent has not noticed yet, is taken over', async () => {
    await using own = await makeFolder()
    // The shell becomes a program that asks for no child; then the shell's child ends.
    const stdio = ['pipe', 'pipe', 'ignore', 'pipe'] as const
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec cat'], { stdio: [...stdio] })
    const [line] = (await once(parent.stdout!, 'data')) as [Buffer]
    const pid = Number(line.toString())
    await expect.poll(() => readFile(`/proc/${parent.pid}/comm`, 'utf8')).toBe('cat\n')
    ;(parent.stdio[3] as Writable).end()
    await expect.poll(() => readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ')
    for (const text of [`${pid} ${await startOf(pid)}`, `${pid}`]) {
      await symlink(text, own.file)
      await using _ = await takeLock(own.file, what)
      expect(await readlink(own.file)).toMatch(new RegExp(`^${process.pid} `))
    }
    parent.stdin!.end()
    await once(parent, 'close')
  })

  test('of an earlier process with the number of one that runs now is taken over', async () => {
    await using own = await makeFolder()
    await using other = startProcess()
    const [boot, ticks] = (await startOf(other.pid)).split('/')
    for (const start of [`${boot}/${Number(ticks) - 1}`, `00000000-0000-4000-8000-000000000000/${ticks}`]) {
      await symlink(`${other.pid} ${start}`, own.file)
      await using _ = await takeLock(own.file, what)
      expect(await readlink(own.file)).toMatch(new RegExp(`^${process.pid} `))
    }
  })

  test('with our own number, of a container that was here before us, is taken over', async () => {
    await using own = await makeFolder()
    for (const text of [`${process.pid} 00000000-0000-4000-8000-000000000000/1`, `${process.pid}`]) {
      await symlink(text, own.file)
      await using _ = await takeLock(own.file, what)
      expect(await readlink(own.file)).toBe(await describeOwn())
    }
  })

  test('in a plain file, as it was written before, counts as well', async () => {
    await using own = await makeFolder()
    await using other = startProcess()
    await writeFile(own.file, `${other.pid}\n`)
    await expect(takeLock(own.file, what)).rejects.toThrow(`(process ${other.pid})`)
    await other.stop()
    await using _ = await takeLock(own.file, what)
    expect((await lstat(own.file)).isSymbolicLink()).toBe(true)
  })

  test.each(['', '\n', 'x', '-1', '0', '1e99', '99999999 x', '../../etc/passwd'])(
    'with %j in it is of nobody',
    async text => {
      await using own = await makeFolder()
      await writeFile(own.file, text)
      await using _ = await takeLock(own.file, what)
      expect(await readdir(own.folder)).toEqual(['lock'])
    },
  )

  test('that is a folder is left alone', async () => {
    await using own = await makeFolder()
    await mkdir(own.file)
    await expect(takeLock(own.file, what)).rejects.toMatchObject({ code: 'SETTING_INVALID' })
    expect((await lstat(own.file)).isDirectory()).toBe(true)
  })

  test('that somebody else has replaced is not removed', async () => {
    await using own = await makeFolder()
    const lock = await takeLock(own.file, what)
    await rm(own.file)
    await symlink('1 somebody/1', own.file)
    await lock[Symbol.asyncDispose]()
    expect(await readlink(own.file)).toBe('1 somebody/1')
  })

  test('that many want at once is given to one', async () => {
    await using own = await makeFolder()
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(own.file, what)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await readdir(own.folder)).toEqual(['lock'])
  })

  test('that was left behind, also in the middle of taking one over, and that many want at once is given to one', async () => {
    await using own = await makeFolder()
    for (let round = 0; round < 30; round++) {
      await symlink('99999999 gone/1', own.file)
      await symlink('99999998 gone/2', `${own.file}-takeover`)
      const wanted = Array.from({ length: 20 }, () => takeLock(own.file, what))
      const taken = (await Promise.allSettled(wanted)).filter(({ status }) => status === 'fulfilled')
      expect(taken).toHaveLength(1)
      expect(await readdir(own.folder)).toEqual(['lock'])
      await rm(own.file)
    }
  })

  test.skipIf(!canMount())('can be had on a disk that is full', async () => {
    using disk = mountSmallDisk(64 * 1024)
    await expect(writeFile(join(disk.path, 'all'), Buffer.alloc(1024 ** 2))).rejects.toThrow('ENOSPC')
    expect(await disk.freeBytes()).toBe(0)
    await using _ = await takeLock(join(disk.path, 'lock'), what)
    expect(await readdir(disk.path)).toContain('lock')
  })
})
