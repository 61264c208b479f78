import { expect, test } from 'vitest'
import { splitSignedCommit } from '../../src/signatures/signed-commit.ts'

const head = 'tree 123\nparent 456\nauthor  <> 1 +0000\n'
const split = (text: string) => {
  const { payload, signature } = splitSignedCommit(Buffer.from(text, 'latin1'))
  return { payload: payload.toString('latin1'), signature }
}

test('the signature is taken out with the lines that continue it, and nothing else is touched', () => {
  const text = `${head}gpgsig first\n second\n \n third\nencoding x\n\nmessage\n gpgsig no\ngpgsig no\n`
  expect(split(text)).toEqual({
    payload: `${head}encoding x\n\nmessage\n gpgsig no\ngpgsig no\n`,
    signature: 'first\nsecond\n\nthird\n',
  })
})

test('a commit without one is as it was', () => {
  const text = `${head}x-gpgsig no\ngpgsig-sha256 no\n\ngpgsig no`
  expect(split(text)).toEqual({ payload: text, signature: undefined })
})

test('of several the first counts, and none is part of what was signed', () => {
  expect(split(`${head}gpgsig a\ngpgsig b\n c\n\n`)).toEqual({ payload: `${head}\n`, signature: 'a\n' })
})

test('bytes that are no text stay as they are', () => {
  expect(split(`tree \xff\xfe\ngpgsig \xff\n\n\x00\xff`)).toEqual({
    payload: 'tree \xff\xfe\n\n\x00\xff',
    signature: '\xff\n',
  })
})

test.each(['', '\n', 'gpgsig ', 'gpgsig x', 'gpgsig x\n ', ' \n \n'])('%j is taken apart too', text => {
  expect(split(text).payload.length).toBeLessThanOrEqual(text.length)
})
