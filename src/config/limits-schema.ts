/** The settings that say when the server has more to do than it can. */
import { group, optional, setting } from './define-setting.ts'
import * as type from './setting-type.ts'

/** `overload`. */
export function overloadGroup() {
  return group(
    'When the server has more to do than it can, it answers what it has ready, and tells all others to come back.',
    {
      delayMilliseconds: setting(type.wholeNumber(0, 3_600_000), 1000, {
        description: 'Each step of its work waits longer than this for its turn, on average of a second. 0: never.',
      }),
      utilization: setting(type.decimalNumber(0, 1), 0, {
        description: 'It works for more than this part of a second; 0.98, for example. 0: never.',
      }),
      maxHeapBytes: optional(type.byteSize(0, 1024 ** 5), {
        description: "JavaScript's memory is larger than this. 0: never.",
        defaultText: '95 % of what Node allows itself',
      }),
      maxResidentBytes: setting(type.byteSize(0, 1024 ** 5), 0, {
        description:
          'The memory of the whole process is larger than this; in a container, somewhat less than it may have. 0: never.',
      }),
    },
  )
}
