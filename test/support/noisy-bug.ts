/** An invented bug whose timeline has noise to fold, comments of programs and clocks that are wrong. */
import type { Bug } from '../../src/bug/model.ts'
import { at, inventBug } from './invented-tracker.ts'

/** By people of the invented kiln. */
export function inventNoisyBug(): Bug {
  const label = (name: string) => ({ type: 'labels', added: [name] }) as const
  return inventBug(70, {
    title: 'Cone 6 is taken for cone 06',
    status: 'closed',
    metadata: { 'forge-url': 'https://forge.example.org/studio/kiln/issues/31' },
    events: [
      [
        'zoe',
        at('2026-03-01 08:00'),
        { type: 'create', text: 'The menu shows both as 6.', earlier: ['Menu is wrong.'] },
      ],
      ['bot', at('2026-03-01 08:01'), label('needs/triage')],
      ['bot', at('2026-03-01 08:02'), label('area/ui')],
      ['ada', at('2026-03-01 08:30'), { type: 'labels', removed: ['needs/triage'] }],
      [
        'bot',
        at('2026-03-01 09:00'),
        { type: 'comment', text: 'Build 812 failed.\n\n```\nmenu.js: 1 of 40 failed\n```' },
      ],
      ['tomas', at('2031-01-01 00:00'), { type: 'comment', text: 'The clock of this kiln has no battery.' }],
      ['ada', at('2026-03-02 10:00'), { type: 'status', status: 'closed' }],
      ['ada', at('2026-03-02 10:01'), { type: 'status', status: 'open' }],
      ['ada', at('2026-03-02 10:02'), label('kind/bug')],
      ['zoe', at('2026-03-03 10:00'), { type: 'comment', text: 'Fixed for me.' }],
      ['ada', at('2026-03-04 10:00'), { type: 'status', status: 'closed' }],
    ],
  })
}
