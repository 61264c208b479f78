import { describe, expect, test } from 'vitest'
import { labelAddress, labelParts, labelViews } from '../../src/pages/label-view.ts'
import { createLinks } from '../../src/pages/links.ts'
import { personViews } from '../../src/pages/person-view.ts'
import { labelHue } from '../../src/pages/site.ts'
import { inventedId, inventIdentity, inventTracker } from '../support/invented-tracker.ts'

const links = createLinks({ basePath: '', asset: name => name })

describe('a label as a chip', () => {
  test('is split at the first slash where there is something on both sides', () => {
    expect(labelParts('area/ui/web')).toEqual({ scope: 'area/', value: 'ui/web' })
    expect(['/x', 'x/', 'x', ''].map(labelParts)).toEqual([
      { scope: '', value: '/x' },
      { scope: '', value: 'x/' },
      { scope: '', value: 'x' },
      { scope: '', value: '' },
    ])
  })

  test('shows what is hidden and is cut where it is long', () => {
    expect(labelParts('a\u202eb').value).toBe('a[U+202E]b')
    expect(labelParts('y'.repeat(500)).value).toHaveLength(80)
  })

  test('has the class of its colour and a link to its bugs', () => {
    const view = labelViews({ labelHue }, labelAddress(links, 'kiln'))
    expect(view('help wanted')).toMatchObject({
      hue: expect.stringMatching(/^c(\d|1[0-8])$/),
      url: '/kiln/-/bugs?q=label:%22help+wanted%22',
    })
    expect(view('help wanted')).toBe(view('help wanted'))
  })

  test('has no link where no query can say it', () => {
    expect(labelAddress(links, 'kiln')(`both " and ' and space`)).toBeUndefined()
  })
})

describe('a person', () => {
  const people = [
    inventIdentity('ada', { name: 'Ada Lovelace Marsh', login: 'ada' }),
    inventIdentity('zoe', { name: 'zoë ünal' }),
    inventIdentity('face', { name: '😀' }),
    inventIdentity('street', { name: 'ßtraße' }),
    inventIdentity('none', { name: '  ' }),
    inventIdentity('hidden', { name: 'a\u202eb' }),
  ]
  const tracker = inventTracker({ bugs: [], identities: people })
  const view = personViews({ links, loadsAvatars: false }, { name: 'kiln', tracker })

  test('has the initials of the first and the last name', () => {
    expect(people.map(({ id }) => view(id).initials)).toEqual(['AM', 'ZÜ', '·', 'S', 'U', 'AB'])
  })

  test('without a name is called by the id', () => {
    const { id } = people[4]!
    expect(view(id).name).toBe(`unnamed (${id.slice(0, 7)})`)
  })

  test('without an identity is unknown and has no page', () => {
    const id = inventedId('nobody')
    expect(view(id)).toMatchObject({ name: `unknown (${id.slice(0, 7)})`, url: undefined, initials: '?' })
  })

  test('has a name in which hidden characters show, and a page', () => {
    const { id } = people[5]!
    expect(view(id)).toMatchObject({ name: 'a[U+202E]b', url: `/kiln/-/identities/${id}` })
  })
})
