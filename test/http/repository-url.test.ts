import { expect, test } from 'vitest'
import { gitPrefix, isGitPath, repositoryPrefix, rewriteUrl, shownPattern } from '../../src/http/repository-url.ts'

test.each([
  ['/tool/-/bugs', '/-/in-repository/tool/bugs'],
  ['/tool/-/bugs?q=a/-/b&page=2', '/-/in-repository/tool/bugs?q=a/-/b&page=2'],
  ['/group/tool/-/bugs/1234.json', '/-/in-repository/group%2Ftool/bugs/1234.json'],
  ['/gr%C3%BCn/a%20b/-/labels', '/-/in-repository/gr%C3%BCn%2Fa%20b/labels'],
  ['/a/-/b/-/c', '/-/in-repository/a/b/-/c'],
  ['/', '/'],
  ['/tool', '/tool'],
  ['/-/help/query', '/-/help/query'],
  ['/api/v1/repos/group%2Ftool/bugs', '/api/v1/repos/group%2Ftool/bugs'],
  // A repository in a folder `tool.git.git` is called `tool.git`.
  ['/api/v1/repos/tool.git', '/api/v1/repos/tool.git'],
  ['/api/v1/repos/tool.git/info/refs', '/-/git-of/api%2Fv1%2Frepos%2Ftool/info/refs'],
  ['/tool.git', '/-/git-of/tool'],
  ['/tool.git/', '/-/git-of/tool/'],
  ['/tool.git/info/refs?service=git-upload-pack', '/-/git-of/tool/info/refs?service=git-upload-pack'],
  ['/tool.git/git-upload-pack', '/-/git-of/tool/git-upload-pack'],
  ['/group/tool.git/git-receive-pack', '/-/git-of/group%2Ftool/git-receive-pack'],
  ['/gr%C3%BCn/a%20b.git/HEAD', '/-/git-of/gr%C3%BCn%2Fa%20b/HEAD'],
  ['/a%2Fb.git/info/refs', '/-/git-of/a%2Fb/info/refs'],
  ['/old.git/tool.git.git/info/refs', '/-/git-of/old.git%2Ftool.git/info/refs'],
  ['/tool.git/objects/info/packs', '/-/git-of/tool/objects/info/packs'],
  // What git does not ask for is a page, if anything.
  ['/tool.git/config', '/tool.git/config'],
  ['/.git', '/.git'],
  ['/tool.git/-/bugs', '/-/in-repository/tool.git/bugs'],
  // Without `.git`, only what git would ask.
  ['/group/tool/info/refs?service=git-upload-pack', '/-/git-of/group%2Ftool/info/refs?service=git-upload-pack'],
  ['/tool/info/refs?a=b&service=git-receive-pack', '/-/git-of/tool/info/refs?a=b&service=git-receive-pack'],
  ['/tool/info/refs', '/tool/info/refs'],
  ['/tool/info/refs?service=git-upload-packs', '/tool/info/refs?service=git-upload-packs'],
  ['/tool/git-upload-pack', '/tool/git-upload-pack'],
])('%s is routed as %s', (url, inner) => {
  expect(rewriteUrl(url, '')).toBe(inner)
})

test.each([
  ['/-/in-repository/tool/bugs'],
  ['/-/%69n-repository/tool/bugs'],
  ['/%2D/in-repository/tool/bugs'],
  ['/-%2Fin-repository/tool/bugs'],
  ['/%zz/-/bugs'],
  ['/-/git-of/tool/info/refs'],
  ['/-/%67it-of/tool/info/refs'],
  ['/%zz.git/info/refs'],
])('%s reaches nothing', url => {
  expect(rewriteUrl(url, '')).toBe('/-/nowhere')
})

test('a base path is taken off, and what is outside of it reaches nothing', () => {
  expect(rewriteUrl('/bugs/tool/-/labels', '/bugs')).toBe('/-/in-repository/tool/labels')
  expect(rewriteUrl('/bugs', '/bugs')).toBe('/')
  expect(rewriteUrl('/bugs/', '/bugs')).toBe('/')
  expect(rewriteUrl('/bugsy/tool/-/labels', '/bugs')).toBe('/-/nowhere')
  expect(rewriteUrl('/healthz', '/bugs')).toBe('/healthz')
  expect(rewriteUrl('/bugs/healthz', '/bugs')).toBe('/healthz')
  expect(rewriteUrl('/tool/-/labels', '/bugs')).toBe('/-/nowhere')
  expect(rewriteUrl('/bugs/tool.git/info/refs', '/bugs')).toBe('/-/git-of/tool/info/refs')
  expect(rewriteUrl('/bugs.git/info/refs', '/bugs')).toBe('/-/nowhere')
  expect(rewriteUrl('/tool.git', '/bugs')).toBe('/-/nowhere')
})

test('an error is told in plain text where only git asks', () => {
  for (const path of ['/tool.git/info/refs', '/a/b.git/git-upload-pack', '/tool.git/objects/aa', '/tool/info/refs'])
    expect([path, isGitPath(path)]).toEqual([path, true])
  for (const path of ['/tool.git', '/tool.git/', '/tool.git/-/bugs', '/a.git/b/-/bugs/info/refs', '/tool'])
    expect([path, isGitPath(path)]).toEqual([path, false])
})

test('the measures name git’s addresses as people know them', () => {
  expect(shownPattern(`${gitPrefix}/info/refs`)).toBe('/:name.git/info/refs')
  expect(shownPattern(gitPrefix)).toBe('/:name.git')
  expect(shownPattern(`${repositoryPrefix}/bugs`)).toBe('/:name/-/bugs')
})
