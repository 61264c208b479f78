/** Opening a repository elsewhere where the address itself may be opened, and it leads where the site may not go. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openViewer, type Viewer } from '../support/viewer.ts'

let viewer: Viewer
beforeAll(async () => {
  const open = ['http://127.0.0.1/**', 'http://[::1]/**', 'http://169.254.169.254/**']
  viewer = await openViewer({ yaml: JSON.stringify({ mirrors: { open, minFreeBytes: 0 } }) })
})
afterAll(() => viewer[Symbol.asyncDispose]())

test.each([
  'http://127.0.0.1/tool.git',
  'http://[::1]/tool.git',
  'http://2130706433/tool.git',
  'http://169.254.169.254/tool.git',
])('%s is refused at the field, and nothing is asked of it', async address => {
  const { statusCode, body } = await viewer.inject({
    method: 'POST',
    url: '/-/open',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ url: address }).toString(),
  })
  expect(statusCode).toBe(403)
  expect(body).toContain('The address leads to where this site may not go, such as a private network.')
  expect(body).toContain(`value="${address}"`)
})
