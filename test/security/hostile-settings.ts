/**
 * A repository whose owner wants its reader to run a program: every setting of git that names one, every hook, and
 * attributes that ask for filters. The program writes its name into a file beside the repository.
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runGit } from '../support/tracker-builder.ts'

/** Settings whose value is a program or a command line. */
const runningSettings: readonly string[] = [
  'alias.cat-file',
  'browser.x.cmd',
  'core.alternateRefsCommand',
  'core.askPass',
  'core.editor',
  'core.fsmonitor',
  'core.gitProxy',
  'core.pager',
  'core.sshCommand',
  'credential.helper',
  'diff.external',
  'diff.x.command',
  'diff.x.textconv',
  'difftool.x.cmd',
  'filter.x.clean',
  'filter.x.process',
  'filter.x.smudge',
  'gc.recentObjectsHook',
  'gpg.program',
  'gpg.openpgp.program',
  'gpg.ssh.defaultKeyCommand',
  'gpg.ssh.program',
  'gpg.x509.program',
  'hook.x.command',
  'interactive.diffFilter',
  'man.x.cmd',
  'merge.x.driver',
  'mergetool.x.cmd',
  'pager.cat-file',
  'pager.config',
  'pager.for-each-ref',
  'pager.log',
  'pager.rev-list',
  'remote.origin.receivepack',
  'remote.origin.uploadpack',
  'sendemail.smtpServer',
  'sequence.editor',
  'trailer.x.cmd',
  'uploadpack.packObjectsHook',
]

/** Settings that would lead to one of those, or to another repository. */
const leadingSettings: readonly (readonly [string, string])[] = [
  ['core.attributesFile', 'attributes'],
  ['core.repositoryFormatVersion', '1'],
  ['core.untrackedCache', 'true'],
  ['extensions.partialClone', 'origin'],
  ['extensions.worktreeConfig', 'true'],
  ['hook.x.event', 'reference-transaction'],
  ['log.showSignature', 'true'],
  ['protocol.allow', 'always'],
  ['protocol.ext.allow', 'always'],
  ['protocol.file.allow', 'always'],
  ['remote.origin.fetch', '+refs/*:refs/*'],
  ['remote.origin.promisor', 'true'],
  ['submodule.recurse', 'true'],
  ['transfer.bundleURI', 'true'],
  ['fetch.bundleURI', 'file:///etc'],
  ['trace2.eventTarget', '/proc/self/cwd/ran'],
]

const hookNames = ['fsmonitor-watchman', 'post-index-change', 'post-receive', 'pre-auto-gc', 'reference-transaction']

/** Turns a bare repository into such a one. @returns what was run since: an empty text where nothing was */
export async function makeHostile(repository: string): Promise<{ ran(): Promise<string> }> {
  const marker = join(dirname(repository), 'ran')
  const program = join(dirname(repository), 'program')
  await writeFile(program, `#!/bin/sh\necho "$0 $*" >> '${marker}'\n`)
  await chmod(program, 0o755)
  const set = async (key: string, value: string, file = 'config') => {
    await runGit(repository, ['config', '--file', file, key, value])
  }
  for (const key of runningSettings) await set(key, program)
  for (const [key, value] of leadingSettings) await set(key, value)
  await set('core.hooksPath', join(repository, 'hooks'))
  await set('remote.origin.url', `ext::${program}`)
  await set('url.ext::sh.insteadOf', 'https://')
  // What is included, and what counts for one work tree only, comes after all of it.
  await set('core.pager', program, 'included')
  await set('core.fsmonitor', program, 'included')
  await set('include.path', 'included')
  await set('core.fsmonitor', program, 'config.worktree')
  await mkdir(join(repository, 'hooks'), { recursive: true })
  for (const name of hookNames) {
    await writeFile(join(repository, 'hooks', name), `#!/bin/sh\nexec '${program}' ${name}\n`)
    await chmod(join(repository, 'hooks', name), 0o755)
  }
  await mkdir(join(repository, 'info'), { recursive: true })
  await writeFile(join(repository, 'info/attributes'), '* filter=x diff=x merge=x\n')
  return { ran: () => readFile(marker, 'utf8').catch(() => '') }
}
