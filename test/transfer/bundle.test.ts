import { expect, test } from 'vitest'
import { bundleHead } from '../../src/transfer/bundle.ts'

const [a, b] = ['a'.repeat(40), 'b'.repeat(40)]

test('the head of a bundle names each ref, and ends with an empty line', () => {
  const refs = [
    { name: 'refs/bugs/1', hash: a },
    { name: 'refs/identities/2', hash: b },
  ]
  expect(bundleHead({ refs, objectFormat: 'sha1' }).toString()).toBe(
    `# v2 git bundle\n${a} refs/bugs/1\n${b} refs/identities/2\n\n`,
  )
})

test('that of another object format says so, which takes version 3', () => {
  const refs = [{ name: 'refs/bugs/1', hash: 'c'.repeat(64) }]
  expect(bundleHead({ refs, objectFormat: 'sha256' }).toString()).toBe(
    `# v3 git bundle\n@object-format=sha256\n${'c'.repeat(64)} refs/bugs/1\n\n`,
  )
})
