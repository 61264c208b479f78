/** The settings of long answers: attached files, exports of whole repositories, fetches. */
import { fixedGroup, group, optional, setting } from './define-setting.ts'
import * as type from './setting-type.ts'

/** `streams`. */
export function streamsGroup() {
  return fixedGroup('Long answers are made once for all who want them, and read while they are made.', {
    enabled: setting(type.flag(), true, {
      description: 'Whether they are kept in files; without it each is made for each who asks.',
    }),
    maxBytes: setting(type.byteSize(0, 1024 ** 5), '4 GiB', {
      description:
        'Room for them in dataDir; over it, what was not used for longest goes. What is being read stays until that is done.',
    }),
    maxAgeSeconds: setting(type.decimalNumber(0.1, 31_536_000), 3600, {
      description: 'One that nobody asked for during this time goes.',
    }),
    aheadBytes: setting(type.byteSize(64 * 1024, 1024 ** 3), '1 MiB', {
      description: 'How far an answer may be made ahead of its fastest reader.',
    }),
    runOnBytes: setting(type.byteSize(0, 1024 ** 4), '16 MiB', {
      description: 'So much of each answer is made however slow its readers are, and also when all of them have gone.',
    }),
    stallSeconds: setting(type.decimalNumber(0.1, 86_400), 60, {
      description: 'A reader that takes nothing for this long is cut off.',
    }),
    maxProcesses: setting(type.wholeNumber(1, 1000), 4, {
      description: 'How many fetches and exports are made at the same time; the others wait for their turn.',
    }),
    maxProcessesPerRepository: optional(type.wholeNumber(1, 1000), {
      description: 'How many of them are of one repository, so that those of others need not wait for it.',
      defaultText: 'all but one of streams.maxProcesses, at least one',
    }),
  })
}

/** `files`. */
export function filesGroup() {
  return group('Files that are attached to bugs.', {
    previewMaxBytes: setting(type.byteSize(0, 1024 ** 3), '2 MiB', {
      description: 'Pictures up to this size are shown below the comment that attaches them; 0 shows none.',
    }),
  })
}

/** `fetch`. */
export function fetchGroup() {
  return group('git fetches bugs and people from /<name>.git.', {
    enabled: setting(type.flag(), true, { description: 'Whether it can.' }),
    maxRequestBytes: setting(type.byteSize(1024, 1024 ** 3), '32 MiB', {
      description: 'What a fetch may send, decompressed; some 50 bytes for each bug and each person.',
    }),
    maxPackBytes: setting(type.byteSize(1024, 1024 ** 5), '4 GiB', {
      description: 'What it may be sent; a longer answer is cut off.',
    }),
    requestSeconds: setting(type.decimalNumber(0.1, 3600), 60, {
      description: 'How long it may take to send what it wants.',
    }),
    packSeconds: setting(type.decimalNumber(0.1, 86_400), 600, {
      description: 'How long git may work on the answer, without the time in which it waits for readers.',
    }),
  })
}
