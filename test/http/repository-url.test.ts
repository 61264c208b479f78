import { expect, test } from 'vitest'
import { rewriteUrl } from '../../src/http/repository-url.ts'

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
])('%s is routed as %s', (url, inner) => {
  expect(rewriteUrl(url, '')).toBe(inner)
})

test.each([
  ['/-/in-repository/tool/bugs'],
  ['/-/%69n-repository/tool/bugs'],
  ['/%2D/in-repository/tool/bugs'],
  ['/-%2Fin-repository/tool/bugs'],
  ['/%zz/-/bugs'],
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
})
