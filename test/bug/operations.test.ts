import { describe, expect, test } from 'vitest'
import { combineIds } from '../../src/bug/ids.ts'
import { type Bug, type CommentEvent, unnumbered } from '../../src/bug/model.ts'
import { ada, bob, bugWith, comment, commitOf, create, idOf, refusal, soundBug, type Written, write } from './packs.ts'

const hashA = 'a'.repeat(40)
const hashB = 'b'.repeat(64)

function title(text: string, fields: object = {}): Written {
  return write({ type: 2, timestamp: 3000, title: text, was: '', ...fields })
}
function status(number: unknown, fields: object = {}): Written {
  return write({ type: 4, timestamp: 4000, status: number, ...fields })
}
function labels(added: unknown, removed: unknown = [], fields: object = {}): Written {
  return write({ type: 5, timestamp: 5000, added, removed, ...fields })
}
function edit(target: unknown, message: string, fields: object = {}): Written {
  return write({ type: 6, timestamp: 6000, target, message, files: null, ...fields })
}
function noOp(fields: object = {}): Written {
  return write({ type: 7, timestamp: 7000, ...fields })
}
function metadata(target: string, entries: object, fields: object = {}): Written {
  return write({ type: 8, timestamp: 8000, target, new_metadata: entries, ...fields })
}
/** A comment's event in the timeline. */
function talk(bug: Bug, index: number): CommentEvent {
  const event = bug.timeline[index]
  if (event?.type !== 'create' && event?.type !== 'comment') throw new Error(`no comment at ${index}`)
  return event
}

describe('Create', () => {
  test('sets title, first comment, author, time and status', () => {
    const first = create({ title: 'T', message: 'M', timestamp: 42, files: [hashA] })
    const bug = soundBug([{ commit: 7, ops: [first], create: 3, edit: 5 }])
    const id = combineIds(first.id, first.id)
    const base = { id, authorId: ada, message: 'M', files: [hashA], editedAt: 42, edited: false }
    expect(bug).toEqual({
      id: first.id,
      tip: commitOf(7),
      textNumber: unnumbered,
      status: 'open',
      statusChanges: [],
      title: 'T',
      labels: [],
      authorId: ada,
      createdAt: 42,
      editedAt: 42,
      createLamport: 3,
      editLamport: 5,
      commentCount: 1,
      actorIds: [ada],
      participantIds: [ada],
      metadata: new Map(),
      comments: [{ ...base, createdAt: 42 }],
      timeline: [
        {
          ...base,
          type: 'create',
          at: 42,
          commit: commitOf(7),
          importedPlace: undefined,
          history: [{ operationId: first.id, authorId: ada, message: 'M', at: 42 }],
        },
      ],
      files: [hashA],
      packs: [{ commit: commitOf(7), authorId: ada, editLamport: 5, operations: 1 }],
    })
  })

  test('has empty texts where nothing was written', () => {
    const bug = bugWith([], write({ type: 1 }))
    expect([bug.title, bug.comments[0]?.message, bug.createdAt]).toEqual(['', '', 0])
  })

  test('a second one is ignored, with its author', () => {
    const first = create()
    const bug = soundBug([
      { commit: 1, ops: [first] },
      {
        commit: 2,
        parents: [1],
        author: bob,
        ops: [create({ title: 'Another', message: 'No', metadata: { k: 'v' } })],
      },
    ])
    expect(bug).toMatchObject({ title: 'A bug', commentCount: 1, actorIds: [ada], authorId: ada, metadata: new Map() })
    expect(bug.timeline).toHaveLength(1)
  })

  test('a second one of the very same bytes is ignored too', () => {
    const first = create()
    expect(bugWith([first], first)).toMatchObject({ commentCount: 1 })
  })

  test('must come first', () => {
    const first = comment('first')
    expect(refusal([{ commit: 1, ops: [first, create()] }])).toMatch(/first operation does not create/)
  })

  test('must be there', () => {
    expect(refusal([{ commit: 1, ops: [] }])).toMatch(/first operation does not create/)
    expect(refusal([{ commit: 1, ops: null }])).toMatch(/first operation does not create/)
  })

  test('must have the id that the ref is named by', () => {
    const first = create()
    expect(refusal([{ commit: 1, ops: [first] }], { id: idOf('other') })).toContain(first.id)
  })
})

describe('SetTitle', () => {
  test('sets the title and is an event', () => {
    const operation = title('New', { was: 'A bug' })
    const first = create()
    const bug = bugWith([operation], first)
    expect(bug.title).toBe('New')
    expect(bug.timeline[1]).toEqual({
      id: combineIds(first.id, operation.id),
      type: 'title',
      authorId: ada,
      at: 3000,
      commit: commitOf(1),
      title: 'New',
      was: 'A bug',
    })
  })

  test('keeps what its author saw, whatever the title was', () => {
    expect(bugWith([title('New', { was: 'Something else' })]).timeline[1]).toMatchObject({ was: 'Something else' })
  })
})

describe('AddComment', () => {
  test('appends', () => {
    const bug = bugWith([comment('one'), comment('two', { files: [hashA, hashB] })])
    expect(bug.comments.map(({ message }) => message)).toEqual(['It is broken.', 'one', 'two'])
    expect(bug.comments[2]).toMatchObject({ files: [hashA, hashB], createdAt: 2000, editedAt: 2000, edited: false })
    expect(bug.timeline.map(({ type }) => type)).toEqual(['create', 'comment', 'comment'])
    expect(bug.commentCount).toBe(3)
  })
})

describe('EditComment', () => {
  test('replaces text and files of a comment and keeps each text it had', () => {
    const target = comment('one', { files: [hashA] })
    const second = edit(target.id, 'two', { files: [hashB] })
    const third = edit(target.id, 'three', { timestamp: 6500 })
    const bug = bugWith([target, second, third])
    expect(bug.comments[1]).toMatchObject({
      message: 'three',
      files: [],
      edited: true,
      createdAt: 2000,
      editedAt: 6500,
    })
    expect(talk(bug, 1).history).toEqual([
      { operationId: target.id, authorId: ada, message: 'one', at: 2000 },
      { operationId: second.id, authorId: ada, message: 'two', at: 6000 },
      { operationId: third.id, authorId: ada, message: 'three', at: 6500 },
    ])
    expect(bug.timeline).toHaveLength(2)
  })

  test('reaches the description', () => {
    const first = create()
    const bug = bugWith([edit(first.id, 'Better.')], first)
    expect(bug.comments[0]).toMatchObject({ message: 'Better.', edited: true })
    expect(talk(bug, 0)).toMatchObject({ type: 'create', message: 'Better.' })
  })

  test('shows the latest text in comment and event alike', () => {
    const target = comment('one')
    const bug = bugWith([target, edit(target.id, 'two')])
    expect(talk(bug, 1).message).toBe(bug.comments[1]?.message)
  })

  test.each<[string, string]>([
    ['unknown', idOf('nobody')],
    ['empty', ''],
    ['a prefix only', create().id.slice(0, 7)],
    ['in upper case', create().id.toUpperCase()],
    ['a key of objects', '__proto__'],
    ['the operation itself', 'self'],
  ])('does nothing where the target is %s', (_what, target) => {
    const bug = soundBug([
      { commit: 1, ops: [create()] },
      { commit: 2, parents: [1], author: bob, ops: [edit(target, 'No')] },
    ])
    expect(bug.comments[0]).toMatchObject({ message: 'It is broken.', edited: false })
    expect(bug).toMatchObject({ actorIds: [ada], commentCount: 1 })
  })

  test('does nothing where the target is no comment', () => {
    const target = title('New')
    const bug = soundBug([
      { commit: 1, ops: [create(), target] },
      { commit: 2, parents: [1], author: bob, ops: [edit(target.id, 'No')] },
    ])
    expect(bug).toMatchObject({ title: 'New', actorIds: [ada], commentCount: 1 })
  })

  test('does nothing where the target comes later', () => {
    const target = comment('one')
    expect(bugWith([edit(target.id, 'two'), target]).comments[1]).toMatchObject({ message: 'one', edited: false })
  })

  test('of two comments of the very same bytes reaches the first', () => {
    const twin = comment('twin')
    const bug = bugWith([twin, twin, edit(twin.id, 'edited')])
    expect(bug.comments.map(({ message }) => message)).toEqual(['It is broken.', 'edited', 'twin'])
  })
})

describe('SetStatus', () => {
  test('closes and opens, and each is an event', () => {
    const bug = bugWith([status(2), status(2), status(1)])
    expect(bug.status).toBe('open')
    expect(bug.timeline.slice(1).map(event => event.type === 'status' && event.status)).toEqual([
      'closed',
      'closed',
      'open',
    ])
    expect(bugWith([status(2)]).status).toBe('closed')
  })

  test('leaves the time of each change, and of nothing that changes nothing', () => {
    const at = (number: number, timestamp: number) => status(number, { timestamp })
    const bug = bugWith([at(1, 10), at(2, 20), at(2, 30), at(1, 5), at(2, 40)])
    expect(bug.statusChanges).toEqual([20, 5, 40])
  })

  test.each([0, 3, -1, 1.5, '1', null, undefined, true, [1], {}])('%j is no status', number => {
    expect(refusal([{ commit: 1, ops: [create(), status(number)] }])).toMatch(/"status"/)
  })
})

describe('LabelChange', () => {
  test('labels are a set', () => {
    const bug = bugWith([labels(['b', 'a', 'a']), labels(['b', 'c'], ['nothing']), labels([], ['a', 'a'])])
    expect(bug.labels).toEqual(['b', 'c'])
    expect(bug.timeline).toHaveLength(4)
  })

  test('what one operation adds and removes is gone', () => {
    expect(bugWith([labels(['a', 'b'], ['a'])]).labels).toEqual(['b'])
  })

  test('labels are sorted by bytes, where characters beyond U+FFFF come last', () => {
    const list = ['\u{1f41b}', '\uffee', 'z', 'Z', 'é', '', '日本', '\ue000', 'a b', 'a']
    const sorted = bugWith([labels(list)]).labels
    expect(sorted).toEqual(list.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    expect(sorted.slice(-3)).toEqual(['\ue000', '\uffee', '\u{1f41b}'])
  })

  test('names like keys of objects are labels like others', () => {
    const list = ['__proto__', 'constructor', 'toString']
    expect(bugWith([labels(list)]).labels).toEqual(list)
  })

  test('an event says what its author asked for', () => {
    expect(bugWith([labels(['x', 'x'], ['y'])]).timeline[1]).toMatchObject({
      type: 'labels',
      added: ['x', 'x'],
      removed: ['y'],
    })
  })

  test('null stands for none', () => {
    expect(bugWith([labels(null, null)]).timeline[1]).toMatchObject({ added: [], removed: [] })
  })
})

describe('NoOp and SetMetadata', () => {
  test('leave no trace in the timeline and make nobody an actor', () => {
    const first = create()
    const bug = soundBug([
      { commit: 1, ops: [first] },
      { commit: 2, parents: [1], author: bob, ops: [noOp(), metadata(first.id, { k: 'v' })] },
    ])
    expect(bug).toMatchObject({ actorIds: [ada], participantIds: [ada], commentCount: 1 })
    expect(bug.timeline).toHaveLength(1)
    expect(bug.packs).toHaveLength(2)
  })

  test('count for the last edit and for the clock', () => {
    const bug = soundBug([
      { commit: 1, ops: [create()] },
      { commit: 2, parents: [1], edit: 9, ops: [noOp({ timestamp: 77 })] },
    ])
    expect(bug).toMatchObject({ editedAt: 77, editLamport: 9 })
  })
})

describe('metadata', () => {
  test('of a bug is that of its Create operation', () => {
    const first = create({ metadata: { origin: 'x', url: 'y' } })
    const other = comment('one', { metadata: { origin: 'no' } })
    expect([...bugWith([other], first).metadata]).toEqual([
      ['origin', 'x'],
      ['url', 'y'],
    ])
  })

  test('a key keeps its first value, its own first of all', () => {
    const first = create({ metadata: { own: '1' } })
    const bug = bugWith(
      [metadata(first.id, { own: '2', added: '3' }), metadata(first.id, { added: '4', late: '5' })],
      first,
    )
    expect([...bug.metadata]).toEqual([
      ['own', '1'],
      ['added', '3'],
      ['late', '5'],
    ])
  })

  test('an empty value is a value', () => {
    const first = create({ metadata: { own: '' } })
    expect([...bugWith([metadata(first.id, { own: '2' })], first).metadata]).toEqual([['own', '']])
  })

  test('of another operation is not the bug’s', () => {
    const other = comment('one')
    expect(bugWith([other, metadata(other.id, { k: 'v' }), metadata(idOf('nobody'), { k: 'v' })]).metadata.size).toBe(0)
  })
})

describe('the place that a comment had where it was imported from', () => {
  const url = 'https://forge.example.org/o/r/issues/12'
  const placeOf = (value: string) => {
    const other = comment('one')
    return talk(bugWith([other, metadata(other.id, { 'forge-id': '#note_1', 'forge-url': value })]), 1).importedPlace
  }

  test.each([
    [`${url}#issuecomment-34`, 'issuecomment-34'],
    [`${url}#note_34`, 'note_34'],
    [`${url}#discussion_r34`, undefined],
    [url, undefined],
    [`${url}#main`, undefined],
    // That could be one of our own names.
    [`${url}#c-1234567890123456`, undefined],
    [`${url}#issuecomment-34" onclick="x`, undefined],
    [`${'x'.repeat(3000)}#note_1`, undefined],
  ])('by %s is %s', (value, place) => {
    expect(placeOf(value)).toBe(place)
  })
})

describe('files', () => {
  const hashC = 'c'.repeat(40)

  test('of a bug are all that any operation attaches, each once, also those that an edit takes off', () => {
    const first = create({ files: [hashA] })
    const target = comment('one', { files: [hashB, hashA] })
    const bug = bugWith([target, edit(target.id, 'two', { files: [hashC] }), edit(first.id, 'none')], first)
    expect(bug.files).toEqual([hashA, hashB, hashC])
    expect(bug.comments.map(({ files }) => files)).toEqual([[], [hashC]])
  })

  test('of a bug are none that something without effect names', () => {
    const bug = bugWith([
      edit(idOf('nobody'), 'no', { files: [hashA] }),
      create({ title: 'Again', files: [hashB] }),
      noOp({ files: [hashC] }),
    ])
    expect(bug.files).toEqual([])
  })
})

describe('people', () => {
  test('actors are all whose operation had an effect, participants those who wrote, in order of first appearance', () => {
    const carol = idOf('carol')
    const dan = idOf('dan')
    const target = comment('one')
    const bug = soundBug([
      { commit: 1, author: bob, ops: [create()] },
      { commit: 2, parents: [1], author: carol, ops: [status(2)] },
      { commit: 3, parents: [2], author: ada, ops: [target] },
      { commit: 4, parents: [3], author: dan, ops: [edit(target.id, 'two')] },
      { commit: 5, parents: [4], author: carol, ops: [comment('three')] },
      { commit: 6, parents: [5], author: idOf('eve'), ops: [noOp()] },
    ])
    expect(bug.actorIds).toEqual([bob, carol, ada, dan])
    expect(bug.participantIds).toEqual([bob, ada, carol])
  })

  test.each<[string, Written]>([
    ['SetTitle', title('New')],
    ['SetStatus', status(2)],
    ['LabelChange', labels(['a'])],
    ['AddComment', comment('one')],
  ])('%s makes an actor', (_name, operation) => {
    const bug = soundBug([
      { commit: 1, ops: [create()] },
      { commit: 2, parents: [1], author: bob, ops: [operation] },
    ])
    expect(bug.actorIds).toEqual([ada, bob])
  })
})

describe('the time of the last edit', () => {
  test('is the last operation’s and not the greatest', () => {
    expect(bugWith([comment('late', { timestamp: 9000 }), comment('early', { timestamp: 500 })]).editedAt).toBe(500)
  })

  test('goes by the order of the packs, not by that of the graph', () => {
    const bug = soundBug([
      { commit: 1, ops: [create()] },
      { commit: 2, parents: [1], edit: 9, ops: [comment('high clock', { timestamp: 900 })] },
      { commit: 3, parents: [1], edit: 5, ops: [comment('low clock', { timestamp: 800 })] },
      { commit: 4, parents: [2, 3], edit: 10, ops: null },
    ])
    expect(bug.editedAt).toBe(900)
    expect(bug.comments.map(({ message }) => message)).toEqual(['It is broken.', 'low clock', 'high clock'])
  })
})
