/**
 * The systemd unit of the documentation: what it takes away from the program, and that the program needs none of it.
 * systemd is not here; the kernel that does the work for it is.
 */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { digestOfRepository } from '../faults/recovery.ts'
import { inventHistory } from '../support/git-client.ts'
import { projectRoot, startProgram } from '../support/program.ts'
import { canMount } from '../support/small-disk.ts'
import { buildRepository } from '../support/tracker-builder.ts'

const text = await readFile(join(projectRoot, 'docs/examples/git-bug-viewer.service'), 'utf8')
const directives = text.split('\n').flatMap(line => {
  const [, key, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
  return key === undefined ? [] : [[key, value] as const]
})
const valuesOf = (wanted: string) => directives.filter(([key]) => key === wanted).map(([, value]) => value)

describe('the unit', () => {
  test.each([
    ['CapabilityBoundingSet', ''],
    ['DevicePolicy', 'closed'],
    ['DynamicUser', 'yes'],
    ['ExecReload', '/bin/kill -HUP $MAINPID'],
    ['KillMode', 'mixed'],
    ['LockPersonality', 'yes'],
    ['NoNewPrivileges', 'yes'],
    ['PrivateDevices', 'yes'],
    ['PrivateMounts', 'yes'],
    ['PrivateTmp', 'yes'],
    ['ProtectClock', 'yes'],
    ['ProtectControlGroups', 'yes'],
    ['ProtectHome', 'yes'],
    ['ProtectHostname', 'yes'],
    ['ProtectKernelLogs', 'yes'],
    ['ProtectKernelModules', 'yes'],
    ['ProtectKernelTunables', 'yes'],
    ['ProtectProc', 'invisible'],
    ['ProtectSystem', 'strict'],
    ['ReadOnlyPaths', '-/srv/git'],
    ['RestartPreventExitStatus', '2'],
    ['RestrictAddressFamilies', 'AF_INET AF_INET6 AF_UNIX AF_NETLINK'],
    ['RestrictNamespaces', 'yes'],
    ['RestrictRealtime', 'yes'],
    ['RestrictSUIDSGID', 'yes'],
    ['SystemCallArchitectures', 'native'],
    ['SystemCallFilter', '@system-service'],
    ['UMask', '0077'],
  ])('has %s=%s, once', (key, value) => {
    expect(valuesOf(key)).toEqual([value])
  })

  test('gives back nothing of what it takes away', () => {
    expect(
      directives.filter(([key]) => /^(?:ReadWritePaths|AmbientCapabilities|User|BindPaths|ExecPaths)$/.test(key)),
    ).toEqual([])
    expect(valuesOf('StateDirectory')).toEqual(['git-bug-viewer'])
  })
})

describe.skipIf(!canMount())('the program', () => {
  test('serves, fetches and writes its data on a system that cannot be written to, as an account that may nothing', async () => {
    const home = await mkdtemp(join(tmpdir(), 'unit-'))
    const [data, repository, start] = [join(home, 'data'), join(home, 'srv/kiln.git'), join(home, 'start')]
    await mkdir(data)
    const { t, bugs } = inventHistory('unit')
    await buildRepository(t, { dir: repository })
    // What ProtectSystem, CapabilityBoundingSet, NoNewPrivileges and UMask come to. The same process all the way.
    await writeFile(
      start,
      `#!/bin/sh
exec unshare --mount --propagation private sh -c '
  mount --bind "$0" "$0" && mount -o remount,bind,ro / && umask 0077 || exit 99
  exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
' '${data}' '${process.execPath}' "$@"
`,
    )
    await chmod(start, 0o755)
    const before = await digestOfRepository(repository)
    {
      await using program = await startProgram({
        args: ['--data-dir', data, '--port', '0', repository],
        node: start,
        cwd: data,
        env: { XDG_CACHE_HOME: join(data, 'cache'), TMPDIR: '/tmp' },
      })
      const status = await readFile(`/proc/${program.pid}/status`, 'utf8')
      expect(status).toMatch(/^CapEff:\t0+$/m)
      expect(status).toMatch(/^CapBnd:\t0+$/m)
      expect(status).toMatch(/^NoNewPrivs:\t1$/m)
      expect(await readFile(`/proc/${program.pid}/mountinfo`, 'utf8')).toMatch(/ \/ \/ ro[, ]/)
      const get = async (path: string) => (await fetch(new URL(path, program.url))).text()
      expect(await get('kiln/-/bugs')).toContain('Bug 1')
      expect(await get(`kiln/-/bugs/${bugs[0]!.id}`)).toContain('Day 1')
      expect(await get('kiln/-/bugs?q=smokes')).toContain('Bug 1')
      expect(await get('kiln/-/bugs.bundle')).toContain('git bundle')
      expect(await get('kiln.git/info/refs?service=git-upload-pack')).toContain('refs/bugs/')
      expect(await program.stop()).toBe(0)
    }
    expect(await readdir(data)).not.toHaveLength(0)
    expect(await digestOfRepository(repository)).toBe(before)
    await rm(home, { recursive: true, force: true })
  })
})
