/** Signatures in real repositories: what a lease says of the packs of a bug, and what that costs. */
import { beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { readArmor } from '../../src/signatures/armor.ts'
import type { PackSignature } from '../../src/signatures/pack-signatures.ts'
import { createSigningKey, type SigningKey, signCommits, withSignature, writeCommit } from '../support/signing.ts'
import { buildRepository, openGolden, runGit } from '../support/tracker-builder.ts'
import { openManager, smallTracker, start } from './manager-scene.ts'

const kinds = {
  rsa: { type: 'rsa', rsaBits: 2048 },
  ed25519: { type: 'curve25519' },
  ed25519Legacy: { type: 'ecc', curve: 'ed25519Legacy' },
  nistP256: { type: 'ecc', curve: 'nistP256' },
  nistP521: { type: 'ecc', curve: 'nistP521' },
} as const
const keys = new Map<keyof typeof kinds, SigningKey>()
const key = (kind: keyof typeof kinds) => keys.get(kind)!

beforeAll(async () => {
  for (const [kind, parts] of Object.entries(kinds)) {
    keys.set(kind as keyof typeof kinds, await createSigningKey(parts))
  }
})

/** What is said of each pack of the newest bug, in the order of the data; undefined where nothing is. */
async function statesOf(path: string): Promise<(PackSignature | undefined)[]> {
  await using setup = await openManager([path])
  using lease = await setup.manager.acquire('r0')
  const bug = await lease.readBug(lease.tracker.bugs[0]!)
  const { byCommit } = await lease.checkSignatures(bug)
  return bug.packs.map(({ commit }) => byCommit.get(commit))
}

/** A bug of three packs by somebody with one key from the start. */
function trackerOf(signingKey: SigningKey) {
  const t = createTrackerWriter({ seed: 'signed' })
  const ada = t.identity({ name: 'Ada', at: start, keys: [signingKey.armor] })
  const bug = t.bug(ada, { title: 'Signed', message: 'text', at: start })
  bug.comment(ada, { message: 'second', at: start + 1 })
  bug.comment(ada, { message: 'third', at: start + 2 })
  return { t, bug }
}

const good = (signingKey: SigningKey) => ({ state: 'signed', fingerprint: signingKey.fingerprint })
const unsigned = { state: 'unsigned' }

describe('a pack', () => {
  test.each(Object.keys(kinds) as (keyof typeof kinds)[])('signed with a key of kind %s is signed', async kind => {
    const { t, bug } = trackerOf(key(kind))
    await using built = await buildRepository(t)
    await signCommits(built.path, bug.ref, (payload, index) =>
      index === 1 ? Promise.resolve(undefined) : key(kind).sign(payload),
    )
    expect(await statesOf(built.path)).toEqual([good(key(kind)), unsigned, good(key(kind))])
  })

  test('that was changed after it was signed is badly signed', async () => {
    const { t, bug } = trackerOf(key('ed25519'))
    await using built = await buildRepository(t)
    // The signature of the second pack stands in the third.
    const armors: string[] = []
    await signCommits(built.path, bug.ref, async (payload, index) => {
      armors.push(await key('ed25519').sign(payload))
      return index === 2 ? armors[1] : armors.at(-1)
    })
    expect(await statesOf(built.path)).toEqual([
      good(key('ed25519')),
      good(key('ed25519')),
      { state: 'bad', reason: 'it does not fit what was signed' },
    ])
  })

  test('signed with the key of somebody else is badly signed', async () => {
    const { t, bug } = trackerOf(key('ed25519'))
    t.identity({ name: 'Mallory', at: start, keys: [key('rsa').armor] })
    await using built = await buildRepository(t)
    await signCommits(built.path, bug.ref, payload => key('rsa').sign(payload))
    const reason = `it names key ${key('rsa').fingerprint.slice(-16)}, which was not in force`
    expect(await statesOf(built.path)).toEqual(Array.from({ length: 3 }, () => ({ state: 'bad', reason })))
  })

  test('of somebody without keys is nothing that is spoken of, whatever it carries', async () => {
    const { t, bug } = smallTracker('keyless')
    await using built = await buildRepository(t)
    await signCommits(built.path, bug.ref, payload => key('rsa').sign(payload))
    expect(await statesOf(built.path)).toEqual([undefined])
  })

  test('is still signed where the signature names the key by another time of making', async () => {
    // The armour of another program: the same key, made at another time, so that its fingerprint is another.
    const bytes = readArmor(key('rsa').armor, 'PUBLIC KEY BLOCK')!
    bytes[4] = bytes[4]! ^ 0x55
    const armor = `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${bytes.toString('base64')}\n-----END PGP PUBLIC KEY BLOCK-----`
    const { t, bug } = trackerOf({ ...key('rsa'), armor })
    await using built = await buildRepository(t)
    await signCommits(built.path, bug.ref, payload => key('rsa').sign(payload))
    const states = await statesOf(built.path)
    expect(states.map(found => found?.state)).toEqual(['signed', 'signed', 'signed'])
    expect(states[0]).not.toEqual(good(key('rsa')))
  })
})

describe('keys that change', () => {
  test('an old key counts for old packs only, and a new one for new packs only', async () => {
    const t = createTrackerWriter({ seed: 'rotated' })
    const ada = t.identity({ name: 'Ada', at: start, keys: [key('rsa').armor] })
    const bug = t.bug(ada, { title: 'Rotated', message: 'text', at: start })
    bug.comment(ada, { message: 'second', at: start + 1 })
    t.identityVersion(ada, { at: start + 2, keys: [key('ed25519').armor] })
    bug.comment(ada, { message: 'third', at: start + 3 })
    bug.comment(ada, { message: 'fourth', at: start + 4 })
    await using built = await buildRepository(t)
    const signers = ['ed25519', 'rsa', 'ed25519', 'rsa'] as const
    await signCommits(built.path, bug.ref, (payload, index) => key(signers[index]!).sign(payload))
    expect((await statesOf(built.path)).map(found => found?.state)).toEqual(['bad', 'signed', 'signed', 'bad'])
  })

  test('a pack before the first key needs no signature, and one after it does', async () => {
    const t = createTrackerWriter({ seed: 'added' })
    const ada = t.identity({ name: 'Ada', at: start })
    const bug = t.bug(ada, { title: 'Added', message: 'text', at: start })
    bug.comment(ada, { message: 'second', at: start + 1 })
    t.identityVersion(ada, { at: start + 2, keys: [key('ed25519').armor] })
    bug.comment(ada, { message: 'third', at: start + 3 })
    await using built = await buildRepository(t)
    expect(await statesOf(built.path)).toEqual([undefined, undefined, unsigned])
  })
})

describe('what may come', () => {
  test.each<[string, string]>([
    ['no armour', 'nonsense'],
    ['an armour of nothing', '-----BEGIN PGP SIGNATURE-----\n\n\n-----END PGP SIGNATURE-----'],
    ['an armour of zeros', `-----BEGIN PGP SIGNATURE-----\n\n${'A'.repeat(4000)}\n-----END PGP SIGNATURE-----`],
    ['a packet that says it is longer', '-----BEGIN PGP SIGNATURE-----\n\nwv//////\n-----END PGP SIGNATURE-----'],
    ['a key in place of a signature', 'KEY'],
    [
      'an armour of a megabyte',
      `-----BEGIN PGP SIGNATURE-----\n\n${'wsCp'.repeat(50_000)}\n-----END PGP SIGNATURE-----`,
    ],
  ])('%s is a bad signature and stops nothing', async (_what, armor) => {
    const { t, bug } = trackerOf(key('ed25519'))
    await using built = await buildRepository(t)
    const sign = async (payload: Buffer, index: number) =>
      index === 1 ? armor.replace('KEY', key('rsa').armor) : await key('ed25519').sign(payload)
    await signCommits(built.path, bug.ref, sign)
    expect((await statesOf(built.path)).map(found => found?.state)).toEqual(['signed', 'bad', 'signed'])
  })

  test('a second signature in a header of its own is no part of what was signed', async () => {
    const { t, bug } = trackerOf(key('ed25519'))
    await using built = await buildRepository(t)
    const [first] = await signCommits(built.path, bug.ref, payload => key('ed25519').sign(payload))
    const text = await runGit(built.path, ['cat-file', 'commit', first!])
    await runGit(built.path, ['update-ref', bug.ref, await writeCommit(built.path, withSignature(text, 'more'))])
    expect(await statesOf(built.path)).toEqual([good(key('ed25519'))])
  })

  test('among thousands of keys the right one is found where the signature names it', async () => {
    const others = Array.from({ length: 3000 }, (_, index) => `-----BEGIN ${index}`)
    const many = createTrackerWriter({ seed: 'many' })
    const ada = many.identity({ name: 'Ada', at: start, keys: [key('rsa').armor, ...others] })
    const mine = many.bug(ada, { title: 'Many', message: 'text', at: start })
    await using built = await buildRepository(many)
    await signCommits(built.path, mine.ref, payload => key('rsa').sign(payload))
    expect(await statesOf(built.path)).toEqual([good(key('rsa'))])
  })
})

describe('what it costs', () => {
  test('nothing is read of a repository where nobody has a key', async () => {
    const { t } = smallTracker('cheap')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    const bug = await lease.readBug(lease.tracker.bugs[0]!)
    const before = setup.counts.objects.length
    const { byCommit, uncheckedCount } = await lease.checkSignatures(bug)
    expect([byCommit.size, uncheckedCount, setup.counts.objects.length - before]).toEqual([0, 0, 0])
  })

  test('each commit is read once, however often it is asked for', async () => {
    const { t, bug } = trackerOf(key('ed25519'))
    await using built = await buildRepository(t)
    const commits = await signCommits(built.path, bug.ref, payload => key('ed25519').sign(payload))
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    const whole = await lease.readBug(lease.tracker.bugs[0]!)
    setup.counts.objects.length = 0
    for (let time = 0; time < 3; time++) await lease.checkSignatures(whole)
    expect(setup.counts.objects).toEqual(commits)
  })

  test('of a bug with very many packs the first are checked, and the others counted', async () => {
    const t = createTrackerWriter({ seed: 'long' })
    const ada = t.identity({ name: 'Ada', at: start, keys: [key('ed25519').armor] })
    const bug = t.bug(ada, { title: 'Long', message: 'text', at: start })
    for (let count = 0; count < 2010; count++) bug.noop(ada, start + count)
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    const { byCommit, uncheckedCount } = await lease.checkSignatures(await lease.readBug(lease.tracker.bugs[0]!))
    expect([byCommit.size, uncheckedCount]).toEqual([2000, 11])
  })

  test('nobody who waits any more is worked for', async () => {
    const { t, bug } = trackerOf(key('ed25519'))
    await using built = await buildRepository(t)
    await signCommits(built.path, bug.ref, payload => key('ed25519').sign(payload))
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    const whole = await lease.readBug(lease.tracker.bugs[0]!)
    await expect(lease.checkSignatures(whole, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
  })
})

describe('the repository that git-bug itself wrote', async () => {
  await using golden = await openGolden('signed')
  test.skipIf(golden === undefined)('has a pack of each key, and one of somebody without keys', async () => {
    await using repository = await openGolden('signed')
    await using setup = await openManager([repository!.path])
    using lease = await setup.manager.acquire('r0')
    const states = []
    for (const summary of lease.tracker.bugs) {
      const bug = await lease.readBug(summary)
      const { byCommit } = await lease.checkSignatures(bug)
      states.push(bug.packs.map(({ commit }) => byCommit.get(commit)))
    }
    const first = '1DBBCBC5E09BDE8799A488D2422CA64F1566CA56'
    const second = 'B8D49709C173C720FE7720336088EEB4D5B31A2C'
    expect(states).toEqual([
      [{ state: 'signed', fingerprint: first }, { state: 'signed', fingerprint: second }, undefined],
      [undefined],
    ])
  })
})
