/**
 * The workflow files of the forges, without a forge: what they run is in this repository and can be run anywhere, what
 * they take from elsewhere cannot change under them, and no job may do more than it has to.
 */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { projectRoot } from '../support/program.ts'

const readYaml = (file: string) => parse(readFileSync(join(projectRoot, file), 'utf8')) as Record<string, unknown>
const workflows = globSync('.{github,forgejo}/workflows/*.yml', { cwd: projectRoot }).sort()
const files = [...workflows, '.gitlab-ci.yml', ...globSync('.woodpecker/*.yml', { cwd: projectRoot })]

interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: Record<string, unknown> }[]
}

/** Every value under one of some names, anywhere in a file. */
function valuesOf(value: unknown, names: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap(each => valuesOf(each, names))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => (names.includes(name) ? [each] : valuesOf(each, names)))
}

const commandsOf = (file: string) =>
  valuesOf(readYaml(file), ['run', 'script', 'before_script', 'commands']).flat().map(String)

test('there are some for GitHub, GitLab, Forgejo and Woodpecker', () => {
  expect(files).toHaveLength(6)
})

describe.each(files)('%s', file => {
  test('runs what is in this repository, and beside it only what makes that possible', () => {
    const around = /^(apt-get |apk add |chown -R root:root \.$|npm ci |docker )/
    const commands = commandsOf(file)
    expect(commands.length).toBeGreaterThan(0)
    const own = commands.filter(command => !around.test(command))
    const scripts = own.map(command => /^(?:bash (\.ci\/\S+)|npx node (release\/\S+))/.exec(command)?.slice(1).join(''))
    expect(own.length).toBeGreaterThan(0)
    for (const script of scripts) expect(existsSync(join(projectRoot, script ?? 'no script')), String(own)).toBe(true)
  })

  test('names no registry and no server: those are for the forge to say', () => {
    const images = valuesOf(readYaml(file), ['image', 'container', 'services'])
      .flat()
      .filter(each => typeof each === 'string')
    for (const image of images) expect(image, 'has a version and no server').toMatch(/^[\w-]+:\d[\w.-]*$/)
    expect(commandsOf(file).join('\n')).not.toMatch(/:\/\/\w|\b(?:[\w-]+\.)+(?:io|com|org|dev|net)\b/)
  })

  test('takes nothing from a branch or tag of somebody else', () => {
    for (const action of valuesOf(readYaml(file), ['uses'])) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
    const images = commandsOf(file).flatMap(command => /^docker run .*?([\w-]+\/\S+)/.exec(command)?.[1] ?? [])
    for (const image of images) expect(image).toMatch(/^[\w-]+\/[\w-]+:\S*\d\S*$/)
  })
})

describe.each(workflows)('%s', file => {
  const { permissions, jobs } = readYaml(file) as unknown as Workflow

  test('says what its jobs may do, and none may do everything', () => {
    expect(permissions).toBeTypeOf('object')
    for (const granted of [permissions, ...Object.values(jobs).map(job => job.permissions ?? {})]) {
      for (const [what, how] of Object.entries(granted as Record<string, string>)) {
        expect(['contents', 'packages', 'id-token']).toContain(what)
        expect(['read', 'write']).toContain(how)
      }
    }
    const mayWrite = /write/.test(JSON.stringify([permissions, jobs]))
    expect(mayWrite).toBe(file.endsWith('release.yml'))
  })

  test('leaves no token in the checkout', () => {
    const checkouts = Object.values(jobs).flatMap(({ steps }) =>
      steps.filter(({ uses }) => /checkout/.test(uses ?? '')),
    )
    expect(checkouts).toHaveLength(Object.keys(jobs).length)
    for (const checkout of checkouts) expect(checkout.with).toMatchObject({ 'persist-credentials': false })
  })
})

test('the scripts of .ci can be started', () => {
  for (const script of globSync('.ci/*', { cwd: projectRoot, exclude: ['.ci/*.js'] })) {
    expect(readFileSync(join(projectRoot, script), 'utf8').split('\n')[0]).toBe('#!/usr/bin/env bash')
    expect(statSync(join(projectRoot, script)).mode & 0o111, script).not.toBe(0)
  }
})
