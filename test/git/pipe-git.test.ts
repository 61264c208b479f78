import { execFileSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { noMeasures } from '../../src/base/measures.ts'
import { type ByteSink, type PipeOptions, pipeGit } from '../../src/git/pipe-git.ts'
import type { GitSetup } from '../../src/git/process.ts'
import { createProcessTally } from '../../src/git/process-tally.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { fakeGit, isRunning, processState, settle, until } from './fake-git.ts'

const setup: GitSetup = { program: 'git', clock: systemClock, silenceLimitMs: 20_000, ambient: process.env }
const neverFires = () => new AbortController().signal

/** A sink that keeps everything. With `hold` it takes no more after its first piece, until it is told to. */
function keeping({ hold = false }: { readonly hold?: boolean } = {}) {
  const chunks: Buffer[] = []
  const gate = Promise.withResolvers<void>()
  if (!hold) gate.resolve()
  const first = Promise.withResolvers<void>()
  const sink: ByteSink = {
    write: async bytes => {
      chunks.push(Buffer.from(bytes))
      first.resolve()
      await gate.promise
    },
  }
  return {
    sink,
    hasBegun: first.promise,
    letGo: () => gate.resolve(),
    fail: (error: Error) => gate.reject(error),
    calls: () => chunks.length,
    text: () => Buffer.concat(chunks).toString('latin1'),
  }
}

/** Runs a script in git's place. */
async function run(
  script: string,
  options: Partial<PipeOptions> & Pick<PipeOptions, 'sink'>,
  over: Partial<GitSetup> = {},
) {
  await using fake = await fakeGit(script)
  await pipeGit({ ...setup, program: fake.program, ...over }, fake.folder, ['anything'], {
    signal: neverFires(),
    ...options,
  })
}

/** What a promise is rejected with. */
async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'it came about',
    (error: unknown) => error,
  )
}

test('all bytes come, each once and in their order', async () => {
  const kept = keeping()
  await run('seq 1 300000', kept)
  expect(kept.text()).toBe(execFileSync('seq', ['1', '300000'], { encoding: 'latin1', maxBuffer: 1 << 24 }))
  expect(kept.calls()).toBeGreaterThan(3)
})

test('what goes in is read to its end, however much it is', async () => {
  const kept = keeping()
  await run('wc -c', { ...kept, input: new Uint8Array(5_000_000) })
  expect(kept.text().trim()).toBe('5000000')
})

test('git waits while the sink takes nothing: it is ahead by what the pipe holds, and no more', async () => {
  const total = 64 * 1024 * 1024
  const kept = keeping({ hold: true })
  await using fake = await fakeGit(`echo $$ > "$0.pid"; exec head -c ${total} /dev/zero`)
  const piped = pipeGit({ ...setup, program: fake.program }, fake.folder, ['anything'], {
    ...kept,
    signal: neverFires(),
  })
  await kept.hasBegun
  const pid = Number(readFileSync(`${fake.program}.pid`, 'latin1'))
  const written = () => Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1])
  let quietTurns = 0
  let last = 0
  await until(() => {
    quietTurns = written() === last && processState(pid) === 'S' ? quietTurns + 1 : 0
    last = written()
    return quietTurns > 200
  })
  expect(kept.calls()).toBe(1)
  expect(last).toBeGreaterThan(0)
  expect(last).toBeLessThan(1024 * 1024)
  kept.letGo()
  await piped
  expect(kept.text()).toHaveLength(total)
})

describe('ends', () => {
  test('before it begins, where nobody wants it any more: no process is started', async () => {
    const started: string[] = []
    const tally = createProcessTally({ ...noMeasures, count: name => void started.push(name) })
    const stop = new AbortController()
    stop.abort(new Error('too late'))
    await expect(run('echo x', { ...keeping(), signal: stop.signal }, { tally })).rejects.toThrow('too late')
    expect(started).toEqual([])
  })

  test.each([
    ['while git is silent', 'echo $$; exec sleep 60', {}],
    ['while the sink takes nothing and never will', 'echo $$; exec cat /dev/zero', { hold: true }],
  ])('when nobody wants it any more, %s: the reason is what the caller gets', async (_when, script, how) => {
    const stop = new AbortController()
    const kept = keeping(how)
    const piped = reasonOf(run(script, { ...kept, signal: stop.signal }))
    await kept.hasBegun
    const reason = new Error('enough')
    stop.abort(reason)
    expect(await piped).toBe(reason)
    expect(processState(Number.parseInt(kept.text(), 10))).toBeUndefined()
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
    // Nobody is told of it, and nobody has to be.
    kept.fail(new Error('the sink has failed later'))
    await settle()
  })

  test('when the sink fails: its error is what the caller gets, and the process is gone by then', async () => {
    const stop = new AbortController()
    const kept = keeping({ hold: true })
    const piped = reasonOf(run('echo $$; exec cat /dev/zero', { ...kept, signal: stop.signal }))
    await kept.hasBegun
    const failure = new Error('the disk is full')
    kept.fail(failure)
    expect(await piped).toBe(failure)
    expect(processState(Number.parseInt(kept.text(), 10))).toBeUndefined()
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })

  test('when the sink fails and nobody wants it any more at the same time: nobody is left to hear of the failure', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const sink: ByteSink = {
      write: async () => {
        stop.abort(reason)
        throw new Error('the sink has failed')
      },
    }
    expect(await reasonOf(run('exec cat /dev/zero', { sink, signal: stop.signal }))).toBe(reason)
    await settle()
  })

  test('of its own accord, with nothing left behind', async () => {
    const clock = createManualClock()
    const stop = new AbortController()
    const kept = keeping()
    await run('echo $$', { ...kept, signal: stop.signal, maxWorkMs: 1000 }, { clock })
    expect(processState(Number.parseInt(kept.text(), 10))).toBeUndefined()
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
    expect(clock.timers).toBe(0)
  })

  test('when there is more than allowed', async () => {
    const kept = keeping()
    await expect(run('exec cat /dev/zero', { ...kept, maxBytes: 200_000 })).rejects.toMatchObject({
      code: 'GIT_OUTPUT_TOO_LARGE',
    })
    expect(kept.text().length).toBeLessThanOrEqual(200_000)
    await run('head -c 200000 /dev/zero', { ...keeping(), maxBytes: 200_000 })
  })

  test('badly, after some output: the sink has had that, and the error says what git said', async () => {
    const kept = keeping()
    await expect(
      run('echo some; echo "warning: odd" >&2; echo "fatal: torn" >&2; exit 128', kept),
    ).rejects.toMatchObject({
      code: 'GIT_FAILED',
      message: 'git anything ended with status 128: fatal: torn',
      data: { status: 128, stderr: 'warning: odd\nfatal: torn' },
    })
    expect(kept.text()).toBe('some\n')
  })

  test('badly after much progress: what went wrong is not lost among it', async () => {
    const progress = `i=0; while [ $i -lt 2000 ]; do printf 'Counting objects: %d\\r' $i >&2; i=$((i+1)); done`
    await expect(run(`${progress}; echo "fatal: torn" >&2; exit 128`, keeping())).rejects.toMatchObject({
      data: { stderr: 'fatal: torn' },
    })
  })

  test('early, with more to read than the pipe holds: its status says why', async () => {
    const input = new Uint8Array(10_000_000)
    await expect(run('echo "fatal: no" >&2; exit 3', { ...keeping(), input })).rejects.toMatchObject({
      code: 'GIT_FAILED',
      data: { status: 3, stderr: 'fatal: no' },
    })
  })

  test('by somebody else, and the error says by what', async () => {
    await expect(run('echo some; kill -9 $$', keeping())).rejects.toMatchObject({ data: { signal: 'SIGKILL' } })
  })
})

test.each([
  ['a program that is not there', { program: '/no/such/git' }, '/', 'GIT_MISSING'],
  ['a folder that is not there', {}, '/no/such/folder', 'GIT_MISSING'],
  ['a file that is no program', { program: '/etc/passwd' }, '/', 'GIT_FAILED'],
])('%s is an error of its own', async (_what, over, folder, code) => {
  const stop = new AbortController()
  const options = { ...keeping(), input: 'x'.repeat(1_000_000), signal: stop.signal }
  await expect(pipeGit({ ...setup, ...over }, folder, ['anything'], options)).rejects.toMatchObject({ code })
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
})

describe('a git that hangs', () => {
  const limits = { silenceLimitMs: 20_000 }

  test('is ended at the limit', async () => {
    const clock = createManualClock()
    const kept = keeping()
    const reason = reasonOf(run('echo $$; exec sleep 60', kept, { ...limits, clock }))
    await kept.hasBegun
    await settle()
    clock.advance(20_000)
    expect(await reason).toMatchObject({ code: 'GIT_TIMEOUT', message: 'git anything said nothing for 20 s' })
    expect(processState(Number.parseInt(kept.text(), 10))).toBeUndefined()
  })

  test('is not silent while nobody listens, and has the whole limit from then on', async () => {
    const clock = createManualClock()
    const kept = keeping({ hold: true })
    let isOver = false
    const reason = reasonOf(run('echo $$; exec sleep 60', kept, { ...limits, clock })).finally(() => {
      isOver = true
    })
    await kept.hasBegun
    for (let hour = 0; hour < 10; hour++) {
      clock.advance(3_600_000)
      await settle()
    }
    expect(isRunning(Number.parseInt(kept.text(), 10))).toBe(true)
    kept.letGo()
    await settle()
    clock.advance(19_999)
    await settle()
    expect(isOver).toBe(false)
    clock.advance(20_000)
    expect(await reason).toMatchObject({ code: 'GIT_TIMEOUT' })
  })

  test('is none while it tells of its progress', async () => {
    const clock = createManualClock()
    await using fake = await fakeGit(
      'mkfifo "$0.steps"; while read -r step; do printf "Counting: $step\\r" >&2; touch "$0.$step"; done < "$0.steps"',
    )
    const piped = pipeGit({ ...setup, ...limits, clock, program: fake.program }, fake.folder, ['anything'], {
      ...keeping(),
      signal: neverFires(),
    })
    await until(() => existsSync(`${fake.program}.steps`))
    const steps = await open(`${fake.program}.steps`, 'w')
    for (const step of ['one', 'two', 'three']) {
      clock.advance(15_000)
      await steps.write(`${step}\n`)
      await until(() => existsSync(`${fake.program}.${step}`))
      await settle()
    }
    await steps.close()
    await piped
  })

  test('is none whose words lie in the pipe because this process was busy', async () => {
    const clock = createManualClock()
    const kept = keeping()
    await using fake = await fakeGit('echo one; read -r step; echo two; touch "$0.two"')
    const steps = join(fake.folder, 'steps')
    execFileSync('mkfifo', [steps])
    await using wrapped = await fakeGit(`exec '${fake.program}' <>'${steps}'`)
    const piped = pipeGit({ ...setup, ...limits, clock, program: wrapped.program }, fake.folder, ['anything'], {
      ...kept,
      signal: neverFires(),
    })
    await kept.hasBegun
    await settle()
    writeFileSync(steps, 'on\n')
    // No turn of the event loop, in which they would be read.
    while (!existsSync(`${fake.program}.two`));
    clock.advance(20_000)
    await piped
    expect(kept.text()).toBe('one\ntwo\n')
  })

  test('has a time to work in which the time of waiting does not count', async () => {
    const clock = createManualClock()
    const kept = keeping({ hold: true })
    let isOver = false
    const script = 'echo $$; exec sleep 60'
    const reason = reasonOf(run(script, { ...kept, maxWorkMs: 5000 }, { ...limits, clock })).finally(() => {
      isOver = true
    })
    await kept.hasBegun
    clock.advance(3_600_000)
    kept.letGo()
    await settle()
    clock.advance(4999)
    await settle()
    expect(isOver).toBe(false)
    clock.advance(1)
    expect(await reason).toMatchObject({ code: 'GIT_TIMEOUT', message: 'git anything has worked for too long' })
  })
})

describe('processes that git has started', () => {
  const childOf = (kept: { text(): string }) => Number.parseInt(kept.text(), 10)

  test('are ended with it', async () => {
    const stop = new AbortController()
    const kept = keeping()
    const script = 'sleep 60 & echo $!; wait'
    const piped = reasonOf(run(script, { ...kept, signal: stop.signal, hasChildren: true }))
    await kept.hasBegun
    expect(isRunning(childOf(kept))).toBe(true)
    stop.abort(new Error('enough'))
    expect(await piped).toMatchObject({ message: 'enough' })
    await until(() => !isRunning(childOf(kept)))
  })

  test('do not outlive it where it ends by itself, and do not keep it from ending', async () => {
    const kept = keeping()
    await run('sleep 60 & echo $!', { ...kept, hasChildren: true })
    await until(() => !isRunning(childOf(kept)))
  })
})
