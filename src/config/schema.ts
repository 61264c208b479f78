/**
 * Every setting: its name, kind, default and description. The example file, the reference page, the environment's
 * names and the messages all come from here. Beyond one value it checks nothing; see `conflicts.ts` for the rest.
 */
import type { z } from 'zod'
import { defaultDecodeLimits } from '../base/limits.ts'
import { formatByteSize } from './byte-size.ts'
import { fixedGroup, group, optional, required, setting } from './define-setting.ts'
import { overloadGroup } from './limits-schema.ts'
import { mirrorsGroup } from './mirrors-schema.ts'
import { crawlersGroup, liveGroup, lookGroup, peopleGroup, shownRepository, textGroup } from './pages-schema.ts'
import * as type from './setting-type.ts'
import { fetchGroup, filesGroup, streamsGroup } from './streams-schema.ts'

export type SettingsSchema = ReturnType<typeof createSettingsSchema>

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

/** What the schema accepted; paths are as they were written. */
export type CheckedSettings = DeepReadonly<z.output<SettingsSchema>>

/** Builds the schema. Its output has a value for every setting that has a default; paths are still as written. */
export function createSettingsSchema() {
  return group('', {
    server: group('Where the viewer listens and how visitors reach it.', {
      host: setting(type.host(), '127.0.0.1', {
        description: 'Address to listen on; 0.0.0.0 or :: is every address of the machine.',
        needsRestart: true,
      }),
      port: setting(type.wholeNumber(0, 65535), 3000, {
        description: 'Port to listen on; 0 picks a free one.',
        needsRestart: true,
      }),
      basePath: setting(type.basePath(), '', {
        description: 'Path that the site lives under, when a reverse proxy gives it only a part of a host.',
        example: '/bugs',
      }),
      publicUrl: optional(type.publicUrl(), {
        description:
          'Address of the site as visitors see it, with the base path. Feeds need it, because they are read away from the site.',
        example: 'https://bugs.example.org',
      }),
      trustedProxies: setting(type.proxies(), false, {
        description:
          'Reverse proxies whose X-Forwarded headers are believed. true believes everybody: only where nobody can reach the viewer past the proxy.',
        example: ['127.0.0.1', '10.0.0.0/8'],
      }),
      title: optional(type.line(200), { description: 'Name of the site, for its pages.', example: 'Bugs of Example' }),
      maxConnections: setting(type.wholeNumber(0, 1_000_000), 4096, {
        description:
          'Connections at the same time. At the last one those that rest are closed; where none rests, new ones are refused. 0 is no bound.',
      }),
      sharedCacheSeconds: setting(type.wholeNumber(0, 86_400), 0, {
        description:
          'How long a cache in front of the viewer (a CDN) may answer without asking; for ten times as long it may show what it has while it asks. 0: every answer is asked for.',
      }),
    }),
    repositories: group('Which repositories are shown, and what is said about them.', {
      list: setting(type.listOf(listedRepository()), [], {
        description: 'Single repositories.',
        example: ['/srv/git/tool.git', { path: '/srv/git/site.git', name: 'web/site', owner: 'Ann' }],
      }),
      scan: setting(type.listOf(scannedFolder()), [], {
        description: 'Folders that are searched for repositories.',
        example: ['/srv/git', { path: '/home/git', depth: 2, prefix: 'people' }],
      }),
      include: setting(type.namePatterns(), [], {
        description:
          'Of the repositories that a search finds, only those with such a name; an empty list is all. * stays within a segment, ** crosses segments.',
        example: ['group/**'],
      }),
      exclude: setting(type.namePatterns(), [], {
        description: 'Of the repositories that a search finds, none with such a name.',
        example: ['**/private-*'],
      }),
      requireExportOk: setting(type.flag(), false, {
        description: 'Show only repositories that hold a file git-daemon-export-ok, as git daemon does.',
      }),
      readGitConfig: setting(type.flag(), true, {
        description:
          "Take description and owner from a repository's own files and git configuration, as cgit and gitweb do.",
      }),
      pages: setting(type.groupsOf(shownRepository()), [], {
        description:
          'What pages of repositories offer: for each repository all entries that match its name, the later ones before the earlier.',
        example: [
          {
            match: 'group/**',
            queries: [{ name: 'Regressions', query: 'status:open label:regression' }],
            columns: ['priority/high', 'priority/medium', 'priority/low'],
            commitUrl: 'https://git.example.org/{repository}/commit/{hash}',
          },
        ],
      }),
    }),
    look: lookGroup(),
    text: textGroup(),
    people: peopleGroup(),
    crawlers: crawlersGroup(),
    live: liveGroup(),
    files: filesGroup(),
    fetch: fetchGroup(),
    streams: streamsGroup(),
    mirrors: mirrorsGroup(),
    cache: group('What is kept in memory, and for how long.', {
      idleMinutes: setting(type.decimalNumber(0, 10_080), 10, {
        description: 'A repository that nobody asked for during this time is closed; 0 keeps it open.',
      }),
      rebuild: group('Looking for changes that no hook told of.', {
        schedule: setting(type.schedule(), '*/5 * * * *', {
          description:
            'When the open repositories are looked at again: minute, hour, day of month, month, day of week.',
        }),
        enabled: setting(type.flag(), true, { description: 'Whether they are looked at again at all.' }),
        mode: setting(type.oneOf(['refresh', 'full']), 'refresh', {
          description:
            'What is done then: refresh lists the refs and reads what has moved; full reads everything, and shows the old state until the new one is complete.',
        }),
      }),
      lookMilliseconds: setting(type.wholeNumber(0, 3_600_000), 100, {
        description:
          'A request looks whether the refs of its repository have moved, unless that was done within so many milliseconds; 0 looks at each request.',
      }),
      maxBytes: setting(type.byteSize(0, 1024 ** 5), '1 GiB', {
        description:
          'Memory for open repositories, about; over it, the ones that were not used for longest are closed. 0 is no bound.',
      }),
      workers: fixedGroup('Threads that read large repositories, so that the pages of others do not wait.', {
        threads: optional(type.wholeNumber(0, 64), {
          description: 'How many; 0 reads everything in the main thread.',
          defaultText: 'the number of processors, 4 at most',
        }),
        fromEntities: setting(type.wholeNumber(1, 1_000_000_000), 2048, {
          description: 'When fewer bugs and people than this are to be read, the main thread does it.',
        }),
      }),
      fullBugsMaxBytes: setting(type.byteSize(1024, 1024 ** 4), '64 MiB', {
        description: 'Memory for whole bugs with their timelines, all repositories together.',
        needsRestart: true,
      }),
      fragmentsMaxBytes: setting(type.byteSize(1024, 1024 ** 4), '32 MiB', {
        description: 'Memory for rendered texts of comments, all repositories together.',
      }),
      pagesMaxBytes: setting(type.byteSize(1024, 1024 ** 4), '64 MiB', {
        description: 'Memory for finished pages.',
      }),
      pagesIdleSeconds: setting(type.decimalNumber(0, 31_536_000), 300, {
        description: 'A finished page that nobody asked for during this time goes out of memory; 0 keeps it.',
      }),
      maxBuilds: setting(type.wholeNumber(1, 1000), 16, {
        description: 'How many repositories are read at the same time.',
        needsRestart: true,
      }),
      progressAfterSeconds: setting(type.decimalNumber(0.1, 3600), 1, {
        description:
          'How long a request waits for a repository that is being read for the first time; then it is told how far that has come, and to ask again.',
      }),
    }),
    store: fixedGroup(
      'What is kept beyond the life of the process, so that a restart starts warm, and shared by instances.',
      {
        enabled: setting(type.flag(), true, {
          description: 'Whether anything is kept; without it each start reads everything from git.',
        }),
        backend: setting(type.oneOf(['sqlite', 'memory']), 'sqlite', {
          description: 'Where it is kept here: sqlite is a file in dataDir, memory is gone with the process.',
        }),
        permanent: group('Bugs and people as they were read from git. They never get old.', {
          maxBytes: setting(type.byteSize(1024, 1024 ** 5), '2 GiB', {
            description: 'Room for them; over it, what was not used for longest goes.',
          }),
        }),
        intermediate: group('Parts that answers are made of.', {
          seconds: setting(type.decimalNumber(1, 31_536_000), 21_600, { description: 'How long they are kept.' }),
          maxBytes: setting(type.byteSize(1024, 1024 ** 5), '256 MiB', { description: 'Room for them.' }),
        }),
        results: group('Finished pages.', {
          seconds: setting(type.decimalNumber(1, 31_536_000), 3600, { description: 'How long they are kept.' }),
          maxBytes: setting(type.byteSize(1024, 1024 ** 5), '256 MiB', { description: 'Room for them.' }),
          fromMilliseconds: setting(type.wholeNumber(0, 3_600_000), 20, {
            description: 'Only those that took at least so long to make are kept.',
          }),
        }),
        redis: group('A Redis or Valkey server that several instances share; what is kept here stays in front of it.', {
          url: optional(type.redisUrl(), {
            description:
              'Its address, and what turns it on: redis:// or, with TLS, rediss://; a path is the number of the database.',
            example: 'rediss://redis.example.org:6379/0',
          }),
          user: optional(type.line(256), { description: 'Name to log in with, where the server knows names.' }),
          password: optional(type.line(4096), {
            description: 'Password to log in with. Set this or passwordFile, not both.',
            example: 'a long random text',
            secret: true,
          }),
          passwordFile: optional(type.path('file'), {
            description: 'File that holds the password; its final newline does not count.',
            example: '/run/secrets/redis',
          }),
          caFile: optional(type.path('file'), {
            description:
              'File with the certificates, in PEM, that vouch for the server; without it those that Node knows.',
            example: '/etc/ssl/redis-ca.pem',
          }),
          prefix: setting(type.keyPrefix(), 'git-bug-viewer', {
            description:
              'What all keys begin with. Instances that serve the same repositories share it; others must not.',
          }),
          timeoutMilliseconds: setting(type.wholeNumber(10, 60_000), 500, {
            description: 'An answer that takes longer counts as none.',
          }),
        }),
        leaseSeconds: setting(type.decimalNumber(1, 86_400), 300, {
          description:
            'When an instance that reads a repository is killed, others take its work over after this long at most.',
        }),
      },
    ),
    hooks: group('The address that git hooks call after a push.', {
      enabled: setting(type.flag(), true, { description: 'Whether that address exists.' }),
      mode: setting(type.oneOf(['refresh', 'drop']), 'refresh', {
        description:
          'What a push does to a repository that is open: refresh reads what has moved, drop closes it, and the next request opens it anew.',
      }),
      secret: optional(type.line(4096), {
        description: 'What a hook must send to be believed. Set this or secretFile, not both.',
        example: 'a long random text',
        secret: true,
      }),
      secretFile: optional(type.path('file'), {
        description: 'File that holds the secret; its final newline does not count.',
        example: '/run/secrets/git-bug-viewer',
      }),
    }),
    metrics: fixedGroup('Measures for Prometheus, at /metrics.', {
      enabled: setting(type.flag(), true, { description: 'Whether anything is measured and that address exists.' }),
      token: optional(type.line(4096), {
        description: 'What a reader must send as "Authorization: Bearer …"; without it everybody may read.',
        example: 'a long random text',
        secret: true,
      }),
      listen: group('A listener of its own; the one of the pages then has no such address.', {
        host: setting(type.host(), '127.0.0.1', { description: 'Address to listen on.' }),
        port: optional(type.wholeNumber(0, 65535), {
          description: 'Port to listen on, and what turns this listener on; 0 picks a free one.',
          example: 9464,
        }),
      }),
    }),
    logs: group('What is written to standard error.', {
      level: setting(type.oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), 'info', {
        description: 'The least serious messages to write.',
      }),
      format: setting(type.oneOf(['auto', 'json', 'pretty']), 'auto', {
        description: 'json is one object per line for programs, pretty is for people; auto is pretty on a terminal.',
        needsRestart: true,
      }),
      requests: setting(type.flag(), false, { description: 'Write a line for every request.' }),
    }),
    limits: group('Bounds on what repositories and requests may cost.', {
      maxOpsBytes: setting(type.byteSize(1024, 1024 ** 3), formatByteSize(defaultDecodeLimits.maxOpsBytes), {
        description: 'The operations of one commit of a bug, or one version of an identity.',
        needsRestart: true,
      }),
      maxEntityBytes: setting(type.byteSize(1024, 1024 ** 4), formatByteSize(defaultDecodeLimits.maxEntityBytes), {
        description: 'The operations of all commits of a bug, or all versions of an identity.',
        needsRestart: true,
      }),
      maxTreeBytes: setting(type.byteSize(1024, 1024 ** 3), formatByteSize(defaultDecodeLimits.maxTreeBytes), {
        description: 'The tree of one commit of a bug.',
        needsRestart: true,
      }),
      maxOperations: setting(type.wholeNumber(1, 10_000_000), defaultDecodeLimits.maxOperations, {
        description: 'Operations of one bug.',
        needsRestart: true,
      }),
      maxPacks: setting(type.wholeNumber(1, 10_000_000), defaultDecodeLimits.maxPacks, {
        description: 'Commits of one bug, and versions of one identity.',
        needsRestart: true,
      }),
      maxNesting: setting(type.wholeNumber(8, 256), defaultDecodeLimits.maxNesting, {
        description: 'Levels of lists and objects in the data of one commit.',
        needsRestart: true,
      }),
      maxMarkdownChars: setting(type.wholeNumber(1024, 16 * 1024 ** 2), 256 * 1024, {
        description: 'Characters of a comment that are shown formatted; a longer one is shown as plain text.',
      }),
      maxQueryChars: setting(type.wholeNumber(16, 16_384), 4096, { description: 'Characters of a search query.' }),
      gitTimeoutSeconds: setting(type.decimalNumber(0.1, 3600), 60, {
        description: 'A git process that says nothing for this long is ended.',
        needsRestart: true,
      }),
      maxHookBodyBytes: setting(type.byteSize(1024, 1024 ** 3), '1 MiB', { description: 'What a hook may send.' }),
      requestSeconds: setting(type.decimalNumber(1, 3600), 30, {
        description:
          'How long a page may take; then its visitor is told to come back. Fetches and exports have limits of their own.',
      }),
      worksPerRepository: setting(type.wholeNumber(1, 1_000_000), 128, {
        description:
          'Pages of one repository that are made or waited for at the same time; for more, visitors are told to come back.',
      }),
    }),
    overload: overloadGroup(),
    dataDir: optional(type.path('folder'), {
      description: 'Folder for the files that the viewer keeps for itself.',
      needsRestart: true,
      example: '/var/lib/git-bug-viewer',
      defaultText: '$XDG_DATA_HOME/git-bug-viewer, or ~/.local/share/git-bug-viewer',
    }),
  })
}

function listedRepository() {
  return group('', {
    path: required(type.path('folder'), { description: 'The repository, bare or not.' }),
    name: optional(type.repositoryName(), {
      description: 'Its name in URLs; without it, the name of its folder without .git.',
    }),
    description: optional(type.line(1000), { description: 'What it is, in one line.' }),
    owner: optional(type.line(200), { description: 'Who it belongs to.' }),
    hidden: setting(type.flag(), false, { description: 'Leave it out of the index; its pages are there.' }),
  })
}

function scannedFolder() {
  return group('', {
    path: required(type.path('folder'), { description: 'The folder to search.' }),
    depth: setting(type.wholeNumber(1, 32), 3, { description: 'How many levels below it are searched.' }),
    prefix: optional(type.namePrefix(), { description: "Put before the names of what is found, with a '/' between." }),
  })
}
