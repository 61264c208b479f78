/**
 * A site in which everything that somebody else can write tries to become markup that runs: every field of bugs and
 * people, what a repository says of itself, its name and its README.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { buildRepository, moveRef, runGit } from '../support/tracker-builder.ts'

/** Leaves an attribute, a comment, a title, a text field and a script; says so in the page if any of it works. */
export const markup = `"'--></title></textarea></script><script>pwned=1</script><img src=x onerror=pwned=1><svg/onload=pwned=1>`
const runningUrl = 'javascript:pwned=1'
/** The name of the repository: slashes would make folders of it. */
const repositoryName = `"'><script>pwned=1<img src=x onerror=pwned=1>`

const markdown = [
  markup,
  `[a](${runningUrl}) [b](data:text/html,<script>pwned=1</script>) <${runningUrl}> <a href="${runningUrl}">c</a>`,
  `![d](${runningUrl}) ![e](https://pictures.example/x.png"onerror="pwned=1)`,
  `[f]: ${runningUrl} "${markup}"`,
  '[f]',
  `\`\`\`"onload=pwned=1\n${markup}\n\`\`\``,
  `# ${markup}`,
  `|${markup}|\n|---|\n|${markup}|`,
  `<details open ontoggle=pwned=1><summary onclick=pwned=1>${markup}</summary>${markup}</details>`,
  '<style>@import "//evil.example/x.css"</style><base href="//evil.example/"><iframe srcdoc="<script>pwned=1</script>">',
  '<form action="//evil.example/"><input autofocus onfocus=pwned=1><math><mtext><mglyph><style><img src=x onerror=pwned=1>',
  '<meta http-equiv=refresh content="0;url=javascript:pwned=1"><object data="javascript:pwned=1"><embed src=x>',
  '@"><script>pwned=1</script> :"><script>: #<script> 00000000-<img>',
].join('\n\n')

export interface HostileSite extends AsyncDisposable {
  /** Of the repository. */
  readonly path: string
  /** Addresses that no link leads to, or none with such a parameter. */
  readonly addresses: readonly string[]
}

/** Builds the repository. */
export async function buildHostileSite(): Promise<HostileSite> {
  const home = await mkdtemp(join(tmpdir(), 'hostile-site-'))
  const start = 1_700_000_000
  const t = createTrackerWriter({ seed: 'hostile site' })
  const metadata = {
    'github-url': runningUrl,
    'gitlab-url': `https://forge.example/"><script>pwned=1</script>`,
    'launchpad-url': `https://forge.example/a'onmouseover='pwned=1`,
    [markup]: markup,
    origin: markup,
    'github-login': markup,
  }
  const mallory = t.identity({
    name: markup,
    email: `${markup}@evil.example`,
    login: markup,
    avatarUrl: `https://evil.example/"onerror="pwned=1`,
    metadata,
    keys: [markup],
    at: start,
  })
  t.identityVersion(mallory, { name: `Mallory ${markup}`, avatarUrl: runningUrl, at: start + 1 })
  const page = t.attach(`<!DOCTYPE html><script>pwned=1</script>${markup}`)
  const picture = t.attach(`<svg xmlns="http://www.w3.org/2000/svg" onload="pwned=1"><script>pwned=1</script></svg>`)
  const bug = t.bug(mallory, { title: markup, message: markdown, files: [page, picture], metadata, at: start + 2 })
  const comment = bug.comment(mallory, { message: markdown, files: [page], metadata, at: start + 3 })
  bug.editComment(mallory, comment, { message: `${markdown}\n\nedited ${markup}`, at: start + 4 })
  bug.title(mallory, { title: `other ${markup}`, was: markup, metadata, at: start + 5 })
  bug.labels(mallory, { added: [markup, `priority/${markup}`, 'onload=pwned=1'], at: start + 6 })
  bug.status(mallory, 'closed', start + 7)
  bug.metadata(mallory, comment, { set: metadata, at: start + 8 })
  const second = t.bug(mallory, { title: `${runningUrl} ${markup}`, message: runningUrl, at: start + 9 })
  second.labels(mallory, { added: [markup], at: start + 10 })
  t.ref('refs/heads/main', t.commit({ entries: [{ path: 'README.md', content: markdown }] }))
  const path = join(home, `${repositoryName}.git`)
  await buildRepository(t, { dir: path })
  // A bug that cannot be read, with a name of a ref that says something.
  await moveRef(path, `refs/bugs/${'ab'.repeat(32)}`, mallory.tip)
  await moveRef(path, `refs/bugs/"><script>pwned=1</script>`, mallory.tip)
  for (const key of ['desc', 'owner', 'section', 'clone-url']) await runGit(path, ['config', `cgit.${key}`, markup])
  const inside = `/${encodeURIComponent(repositoryName)}/-`
  const typed = encodeURIComponent(markup)
  return {
    path,
    addresses: [
      `${inside}/bugs?q=${typed}`,
      `${inside}/bugs?q=label:${encodeURIComponent(JSON.stringify(markup))}`,
      `${inside}/bugs?q=lable:${typed}`,
      `${inside}/bugs?q=&group=${typed}`,
      `${inside}/bugs?q=&group=priority`,
      `${inside}/bugs?page=${typed}`,
      `${inside}/bugs?q=author:${encodeURIComponent(JSON.stringify(markup))}`,
      `${inside}/bugs/${typed}`,
      `${inside}/bugs/${bug.id}/at/${bug.commits[0]}`,
      `${inside}/bugs/${bug.id}/edits/${typed}`,
      `${inside}/bugs/${bug.id.slice(0, 4)}.json`,
      `${inside}/identities/${typed}`,
      `${inside}/files/${page}`,
      `${inside}/files/${picture}`,
      `${inside}/files/${typed}`,
      `${inside}/badge.svg?q=${typed}`,
      `${inside}/badge.svg?label=${typed}&q=status:open`,
      `${inside}/suggest?q=${typed}`,
      `${inside}/c/${typed}`,
      `${inside}/${typed}`,
      `/${typed}`,
      `/${typed}/-/bugs`,
      `/?q=${typed}`,
      `/-/search?q=${typed}`,
      `/-/search?q=pwned`,
      `/-/search.json?q=${typed}`,
      `/-/search.atom?q=${typed}`,
      `/-/go?id=${typed}`,
      `/-/go/${typed}`,
      `/-/open?url=${typed}`,
      `/-/open?url=${encodeURIComponent(runningUrl)}`,
      `/-/static/${typed}`,
      `/api/v1/${typed}`,
      `/api/v1/repos/${typed}`,
      `/-/opensearch.xml`,
      `/sitemap.xml`,
    ],
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  }
}
