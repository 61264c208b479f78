/** What the Dockerfile and compose.yaml say. That it works is for `test/e2e/production-install.test.ts`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { copiedFromCheckout, execForm, readDockerfile, textsOf } from '../support/dockerfile.ts'
import { projectRoot } from '../support/program.ts'

const [program = [], image = []] = await readDockerfile()
const copied = copiedFromCheckout(program).flatMap(({ sources }) => sources)
const readText = async (name: string) => await readFile(join(projectRoot, name), 'utf8')

test('everything that the program reads at run time is copied', () => {
  const needed = ['package.json', 'package-lock.json', 'bin', 'src', 'views', 'public', 'demo']
  expect(copied).toEqual(expect.arrayContaining(needed))
})

test('what the installed command needs is copied from the stage that has it', () => {
  expect(textsOf(image, 'COPY')).toEqual(['--from=program /app /app'])
  expect(textsOf(program, 'WORKDIR')).toEqual(['/app'])
  expect(textsOf(image, 'WORKDIR')).toEqual(['/app'])
})

test('the engine is sent what is copied and nothing else', async () => {
  const rules = (await readText('.dockerignore')).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  expect(rules[0]).toBe('*')
  expect(rules.slice(1).toSorted()).toEqual(copied.map(source => `!${source}`).toSorted())
})

test('the Node of the image is the one that the project is developed with', async () => {
  const { devDependencies } = JSON.parse(await readText('package.json')) as { devDependencies: { node: string } }
  const major = /\d+/.exec(devDependencies.node)?.[0]
  expect(textsOf(program, 'FROM')).toEqual([`node:${major}-slim AS program`])
  expect(textsOf(image, 'FROM')).toEqual([`node:${major}-slim`])
})

test('signals reach Node, which does not run as root', () => {
  expect(execForm(textsOf(image, 'ENTRYPOINT').join())).toEqual(['node', 'bin/git-bug-viewer.js'])
  expect(execForm(textsOf(image, 'CMD').join())).toEqual(['--host', '0.0.0.0', '--data-dir', '/data', '/srv/git'])
  expect(textsOf(image, 'USER')).toEqual(['10001:10001'])
})

test('compose.yaml takes away what the viewer does not need', async () => {
  const { services } = parse(await readText('compose.yaml')) as { services: { viewer: Record<string, unknown> } }
  expect(services.viewer).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    tmpfs: ['/tmp'],
    ports: ['127.0.0.1:3000:3000'],
    volumes: ['/srv/git:/srv/git:ro', 'data:/data'],
  })
})
