/** Too few of what the system gives out: file handles and processes. What cannot be done is said, and is done later. */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { recovers } from './recovery.ts'
import { type FaultScene, openFaultScene } from './scene.ts'

/** An account that runs nothing else: its processes are counted together. */
const account = 64_123

/** From now on the process may have so many; what it has already stays. Its own account may say so. */
function limit({ program }: FaultScene, what: 'nofile' | 'nproc', most: number) {
  const { uid, gid } = statSync(`/proc/${program.pid}`)
  execFileSync('prlimit', ['--pid', String(program.pid), `--${what}=${most}:`], { uid, gid })
}

const countOf = ({ program }: FaultScene, what: 'fd' | 'task') => readdirSync(`/proc/${program.pid}/${what}`).length

const statusOf = (scene: FaultScene, path: string) =>
  scene.get(path).then(
    ({ status }) => status,
    () => 'no connection',
  )

describe('without', () => {
  test('file handles what is open is shown to those who are connected, and everything when there are some', async () => {
    await using scene = await openFaultScene({ names: ['open', 'new'], isSteadyWatched: false })
    await scene.isRight('open')
    scene.complaints()
    limit(scene, 'nofile', countOf(scene, 'fd') + 2)
    const statuses: unknown[] = []
    for (let n = 0; n < 10; n++) statuses.push(await statusOf(scene, 'new/-/bugs'))
    expect(statuses.filter(status => status !== 503 && status !== 'no connection')).toEqual([])
    expect(await statusOf(scene, 'open/-/bugs')).toBe(200)
    // Far more than there is room for.
    const { port } = new URL(scene.program.url)
    const sockets = Array.from({ length: 50 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}))
    expect(scene.complaints().length).toBeLessThan(12)
    for (const socket of sockets) socket.destroy()
    limit(scene, 'nofile', 1024)
    await recovers('no file handle was left', async () => {
      await scene.isRight('new')
      await scene.isRight('open')
    })
    expect(await scene.program.stop()).toBe(0)
  })

  test.skipIf(process.getuid?.() !== 0)('processes no git is started, and one is when there may be some', async () => {
    await using scene = await openFaultScene({ names: ['open', 'new'], account })
    await scene.isRight('open')
    limit(scene, 'nproc', countOf(scene, 'task'))
    const { status, text } = await scene.get('api/v1/repos/new/bugs')
    expect([status, JSON.parse(text)]).toEqual([503, expect.objectContaining({ code: 'REPOSITORY_UNREADABLE' })])
    expect(await statusOf(scene, 'open/-/bugs')).toBe(200)
    limit(scene, 'nproc', 4096)
    await recovers('no process could be started', () => scene.isRight('new'))
    expect((await scene.steadyAnswers()).wrong).toEqual([])
    expect(await scene.program.stop()).toBe(0)
  })
})
