import { describe, expect, test } from 'vitest'
import type { RegisteredRepository } from '../../src/cache/registry.ts'
import { findTargets, type HookParameters } from '../../src/http/hooks/target.ts'
import type { Mirror } from '../../src/mirrors/mirror.ts'

const place = { folder: '/x', gitDir: '/x', commonDir: '/x' }
const local = (name: string): RegisteredRepository => ({
  name,
  location: place,
  description: undefined,
  owner: undefined,
  hidden: false,
})
const mirror = (name: string, href: string): RegisteredRepository => ({ ...local(name), mirror: { href } as Mirror })

const all = [
  local('group/tool'),
  mirror('codeberg.org/group/tool', 'https://codeberg.org/group/tool.git'),
  mirror('ours', 'ssh://git@git.example.org:2222/site'),
]
const registry = { all: () => all, find: async (name: string) => all.find(one => one.name === name) }
const find = async (parameters: HookParameters, repositories: string[] = [], addresses: string[] = []) => {
  const delivery = { source: 'github', repositories, addresses, refs: 'any' } as const
  return (await findTargets(registry, parameters, { delivery, isForge: true })).map(({ name }) => name)
}

describe('the address of a hook', () => {
  test.each([
    [{ repo: 'codeberg.org/group/tool' }, ['codeberg.org/group/tool']],
    [{ repo: 'group/tool' }, ['group/tool']],
    [{ url: 'https://codeberg.org/group/tool' }, ['codeberg.org/group/tool']],
    [{ url: 'git@codeberg.org:group/tool.git' }, ['codeberg.org/group/tool']],
    [{ url: 'ssh://git@git.example.org:2222/site.git' }, ['ours']],
  ])('%j means %j, whatever the body says', async (parameters, names) => {
    expect(await find(parameters, ['group/tool'], ['https://codeberg.org/group/tool'])).toEqual(names)
  })

  test('that names nothing which is there is not made up for by the body', async () => {
    const unknown = expect.objectContaining({ code: 'REPOSITORY_UNKNOWN' })
    await expect(find({ url: 'https://codeberg.org/group' }, ['group/tool'])).rejects.toEqual(unknown)
    await expect(find({ repo: 'ours/x' }, ['group/tool'])).rejects.toEqual(unknown)
  })
})

describe('a body', () => {
  test('reaches the first name that is there, and every copy of an address', async () => {
    const names = ['nobody/knows', 'group/tool', 'ours']
    const addresses = ['https://codeberg.org/group/tool.git', 'git@codeberg.org:group/tool.git']
    expect(await find({}, names, addresses)).toEqual(['group/tool', 'codeberg.org/group/tool'])
  })

  test('names a copy once where name and address mean it', async () => {
    expect(await find({}, ['ours'], ['ssh://git@git.example.org:2222/site'])).toEqual(['ours'])
  })

  test.each([
    ['https://codeberg.org/group/tools', 'REPOSITORY_UNKNOWN'],
    ['https://codeberg.org:8443/group/tool', 'REPOSITORY_UNKNOWN'],
    ['https://x.codeberg.org/group/tool', 'REPOSITORY_UNKNOWN'],
    ['https://evil@codeberg.org/group/tool', 'PARAMETER_INVALID'],
    ['group/tool', 'PARAMETER_INVALID'],
  ])('with the address %s alone means no copy', async (address, code) => {
    await expect(find({}, [], [address])).rejects.toMatchObject({ code })
  })
})
