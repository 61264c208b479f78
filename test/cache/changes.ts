/** Everything that can happen to a repository while somebody watches it, done by the real git. */
import { applyTo, deleteRef, moveRef, runGit, writeLooseRef } from '../support/tracker-builder.ts'
import { badClocks, badIdentities, badOperations } from './bad-bugs.ts'
import type { Scene } from './tracker-scene.ts'

/** What can happen to a repository between two looks at it. `pick` chooses among what there is. */
export type Change = (world: Scene & { readonly path: string; at: number }, pick: number) => Promise<void>

export const changes: Readonly<Record<string, Change>> = {
  async 'a new bug'(world) {
    world.at++
    world.t.bug(world.bob, { title: `New ${world.at}`, message: 'm', at: world.at })
    await applyTo(world.path, world.t)
  },
  async 'a new comment'(world, pick) {
    world.at++
    world.bugs[pick % world.bugs.length]!.comment(world.ada, { message: `comment ${world.at}`, at: world.at })
    await applyTo(world.path, world.t)
  },
  async 'a merge'(world, pick) {
    world.at++
    const line = world.bugs[pick % world.bugs.length]!
    const fork = line.fork()
    fork.title(world.bob, { title: `Fork ${world.at}`, at: world.at })
    line.status(world.ada, 'closed', world.at)
    line.merge(world.ada, fork, { at: world.at })
    await applyTo(world.path, world.t)
  },
  async 'a new version of a person'(world, pick) {
    world.at++
    world.t.identityVersion(pick % 2 === 0 ? world.ada : world.bob, { name: `Name ${world.at}`, at: world.at })
    await applyTo(world.path, world.t)
  },
  async 'a deleted bug'(world, pick) {
    await deleteRef(world.path, world.bugs[pick % world.bugs.length]!.ref)
  },
  async 'a deleted person'(world) {
    await deleteRef(world.path, world.bob.ref)
  },
  async 'a rewound bug'(world, pick) {
    const line = world.bugs[pick % world.bugs.length]!
    const commits = line.commits.filter((_, index) => index <= pick % line.commits.length)
    await applyTo(world.path, world.t)
    await moveRef(world.path, line.ref, commits.at(-1)!)
  },
  async 'a bad bug'(world, pick) {
    const all = [...badClocks, ...badOperations]
    all[pick % all.length]!.write(world)
    await applyTo(world.path, world.t)
  },
  async 'a bad person'(world, pick) {
    badIdentities.filter(({ limits }) => limits === undefined)[pick % 4]!.write(world)
    await applyTo(world.path, world.t)
  },
  async 'a ref to nothing'(world, pick) {
    await writeLooseRef(world.path, `refs/bugs/${`${pick % 10}`.repeat(64)}`, `${'d'.repeat(40)}\n`)
  },
  async nothing() {},
  async 'git gc'(world) {
    // git refuses to collect where a ref points to nothing.
    await runGit(world.path, ['gc', '--quiet', '--prune=now']).catch(() => '')
  },
  async 'git pack-refs'(world) {
    await runGit(world.path, ['pack-refs', '--all'])
  },
}
