/** The invented tracker of a kiln controller: what `preview.ts` shows and the tests of pages read. */
import type { Bug, Identity, Tracker } from '../../src/bug/model.ts'
import { at, type BugParts, inventBug, inventedHash, inventIdentity, inventTracker } from './invented-tracker.ts'

export interface Kiln {
  readonly tracker: Tracker
  /** The bug with everything in its timeline. */
  readonly rich: Bug
  /** The bug whose texts try to break the page. */
  readonly hostile: Bug
  readonly bugs: readonly Bug[]
  readonly ada: Identity
}

/** Two pages of open bugs, and some closed ones. */
export function inventKiln(): Kiln {
  const identities = [
    inventIdentity('ada', { name: 'Ada Marsh', login: 'ada', names: ['A. Marsh', 'Ada M.'], keys: ['key'] }),
    inventIdentity('tomas', { name: undefined, login: 'tomas' }),
    inventIdentity('zoe', { name: 'Zoë Ünal' }),
    inventIdentity('bot', { name: 'kiln-bot' }),
    inventIdentity('mallory', { name: hostileText, login: '"><b>' }),
    inventIdentity('nobody', { name: '' }),
  ]
  const rich = inventBug(90, richParts)
  const hostile = inventBug(80, hostileParts)
  const bugs = [rich, hostile, ...plainParts().map((parts, index) => inventBug(index + 1, parts))]
  const problems = [
    { ref: 'refs/bugs/0f3c', reason: 'the name of the ref is not an id of 64 digits' },
    { ref: `refs/bugs/${'ab'.repeat(32)}`, reason: `${hostileText}: unknown operation type 12` },
  ]
  const tracker = inventTracker({ bugs, identities, problems })
  return { tracker, rich, hostile, bugs, ada: identities[0]! }
}

/** What breaks a page that forgets to escape, or that shows what it does not. */
export const hostileText = `<script>alert(1)</script>"' onload=alert(1) \u202egnp.exe\u0007`

const richParts: BugParts = {
  title: 'Firing schedule is lost when the controller restarts',
  labels: ['area/storage', 'kind/bug', 'priority/high', 'needs/hardware', 'good first issue', 'firmware/2.4'],
  metadata: {
    'github-url': 'https://example.org/kiln/issues/212',
    origin: 'github',
    'evil-url': 'javascript:alert(1)',
  },
  events: [
    [
      'ada',
      at('2026-11-18 09:14'),
      {
        type: 'create',
        text: `After a power cut the controller comes back with an empty schedule. **The firing that was running is gone**, though the log on the card still has it.

\`\`\`js
const saved = await card.read('schedule.bin') // 0 bytes, though the file system says that there are 512 of them in the second sector
\`\`\`

- happens on every restart since \`b07d2e8\`
- the second kiln is not affected, see https://example.org/kiln/a-long-address/that/does/not/fit/into/a/telephone

| firmware | kept | lost |
|---|---|---|
| 2.3 | 12 | 0 |
| 2.4 | 1 | 11 |`,
        earlier: ['The schedule is gone.', 'After a power cut the schedule is gone.\n\nMore tomorrow.'],
        files: [inventedHash('picture'), inventedHash('log')],
      },
    ],
    ['ada', at('2026-11-18 09:15'), { type: 'labels', added: ['kind/bug', 'area/storage', 'priority/high'] }],
    [
      'tomas',
      at('2026-11-18 11:40'),
      {
        type: 'comment',
        text: '> the log on the card still has it\n\nThen the write is not flushed before the relay drops. Reproduced with `kiln --simulate-cut`.\n\n1. start a firing\n2. pull the plug\n3. wait\n   - ten seconds are enough\n\n- [x] seen on mine\n- [ ] seen on yours',
      },
    ],
    ['bot', at('2026-11-18 12:00'), { type: 'labels', added: ['needs/hardware'], removed: ['needs/triage'] }],
    [
      'tomas',
      at('2026-11-19 08:02'),
      { type: 'title', was: 'Schedule lost', title: 'Firing schedule is lost when the controller restarts' },
    ],
    [
      'zoe',
      at('2026-11-17 22:05'),
      { type: 'comment', text: 'Same here with firmware 2.4. Attached the card image.', earlier: ['Same here.'] },
    ],
    ['ada', at('2026-11-20 07:00'), { type: 'status', status: 'closed' }],
    ['ghost', at('2026-11-20 08:00'), { type: 'status', status: 'open' }],
    ['bot', at('2026-11-20 08:01'), { type: 'comment', text: '' }],
  ],
}

const hostileParts: BugParts = {
  title: hostileText,
  labels: [hostileText, 'a/b/c', `x${'y'.repeat(200)}`],
  events: [
    [
      'mallory',
      Number.MAX_SAFE_INTEGER,
      { type: 'create', text: '<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>' },
    ],
    ['mallory', -5, { type: 'title', was: hostileText, title: hostileText }],
    ['mallory', 0, { type: 'labels', added: [hostileText], removed: ['"><img src=x onerror=alert(1)>'] }],
    [
      'mallory',
      at('2026-11-01 00:00'),
      { type: 'comment', text: hostileText, earlier: [hostileText], files: ['../../etc/passwd', inventedHash('x')] },
    ],
    ['mallory', Number.NaN, { type: 'comment', text: `${'w'.repeat(3000)}\n\n${'[a](b)'.repeat(20)}` }],
  ],
}

const titles: readonly (readonly [string, string])[] = [
  ['Support cone 10 glazes in the temperature chart', 'kind/feature area/ui'],
  [
    'Sensor readings below 0 °C are drawn at the top of the graph, and the axis labels of the second kiln overlap those of the first when both are running',
    'kind/bug area/ui',
  ],
  ['Document the wiring of the second relay', 'kind/docs'],
  ['Crash in the decoder when the firmware sends an empty frame', 'kind/bug area/firmware priority/high'],
  ['Allow a second user to pause a running program', 'kind/feature'],
  ['Fan does not start after a long pause', ''],
]
const people = ['ada', 'tomas', 'zoe', 'bot'] as const

function plainParts(): BugParts[] {
  return Array.from({ length: 72 }, (_, index): BugParts => {
    const [title, labels] = titles[index % titles.length]!
    const start = at('2026-01-10 08:00') + index * 350_000
    const replies = Array.from(
      { length: (index * 7) % 5 },
      (_reply, number) =>
        [
          people[(index + number) % 4]!,
          start + number * 9000 + 60,
          { type: 'comment', text: 'I see this too.' },
        ] as const,
    )
    return {
      title: index < titles.length ? title : `${title} (${index})`,
      labels: labels.split(' ').filter(label => label !== ''),
      status: index % 6 === 5 ? 'closed' : 'open',
      events: [[people[index % 4]!, start, { type: 'create', text: 'It happens.' }], ...replies],
    }
  })
}
