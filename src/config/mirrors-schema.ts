/** The settings of remote repositories that are kept on disk. */
import { fixedGroup, group, optional, required, setting } from './define-setting.ts'
import * as type from './setting-type.ts'

/** `mirrors`. */
export function mirrorsGroup() {
  return fixedGroup('Repositories of other servers, whose bugs and people are kept here as copies.', {
    list: setting(type.listOf(mirroredRepository(), 'url'), [], {
      description: 'Single repositories.',
      example: ['https://codeberg.org/group/tool', { url: 'https://git.example.org/site.git', neverEvict: true }],
    }),
    open: setting(type.remotePatterns(), [], {
      description:
        'Addresses that visitors may open: scheme, host and path, each with * for any text without a slash, and ** for any path. An empty list lets nobody open any.',
      example: ['https://codeberg.org/**', 'https://*.example.org/bugs/*'],
    }),
    neverEvict: setting(type.namePatterns(), [], {
      description: 'Those with such a name always stay on disk. A name is host and path.',
      example: ['codeberg.org/group/**'],
    }),
    refreshInterval: setting(type.duration(1, 31_536_000), '5m', {
      description: 'One that somebody looks at is fetched again, unless that was done within this time.',
    }),
    refresh: group('Fetching those again that are on disk.', {
      enabled: setting(type.flag(), true, { description: 'Whether that is done when nobody looks at them.' }),
      schedule: setting(type.schedule(), '*/15 * * * *', {
        description: 'When: minute, hour, day of month, month, day of week. Old ones leave the disk then, too.',
      }),
    }),
    maxBytes: setting(type.byteSize(0, 1024 ** 5), '10 GiB', {
      description: 'Room for them in dataDir; before another one comes, those leave that were not used for longest.',
    }),
    minFreeBytes: setting(type.byteSize(0, 1024 ** 5), '1 GiB', {
      description: 'What has to stay free on that disk.',
    }),
    maxRepositoryBytes: setting(type.byteSize(64 * 1024, 1024 ** 5), '1 GiB', {
      description: 'The bugs and people of one repository, as they come.',
    }),
    maxObjects: setting(type.wholeNumber(1, 1_000_000_000), 2_000_000, {
      description: 'Objects that one clone or fetch may bring.',
    }),
    timeoutSeconds: setting(type.decimalNumber(0.1, 86_400), 600, {
      description: 'How long one clone or fetch may take.',
    }),
    maxFetches: setting(type.wholeNumber(1, 100), 2, {
      description: 'Clones and fetches at the same time; the others wait for their turn.',
    }),
    emptySeconds: setting(type.decimalNumber(0, 31_536_000), 600, {
      description: 'A remote repository without bugs is not asked again within this time.',
    }),
    allowAddresses: setting(type.networks(), [], {
      description:
        'Private, local and otherwise special networks that addresses may lead to all the same. What is public needs no entry.',
      example: ['10.1.2.0/24'],
    }),
    caFile: optional(type.path('file'), {
      description:
        'File with the certificates, in PEM, that vouch for servers; without it those that Node and the system know.',
      example: '/etc/ssl/git-ca.pem',
    }),
    ssh: group('How ssh logs in. Without a key it can only use servers that want none.', {
      keyFile: optional(type.path('file'), {
        description: 'Private key without a passphrase.',
        example: '/etc/git-bug-viewer/id_ed25519',
      }),
      knownHostsFile: optional(type.path('file'), {
        description: 'Keys of servers; a server that is not in it is refused.',
        example: '/etc/git-bug-viewer/known_hosts',
      }),
    }),
    coldStorage: group('A store that speaks the S3 protocol, for what has to leave the disk.', {
      endpoint: optional(type.webAddress(), {
        description: 'Its address, and what turns it on; the bucket becomes the first part of the path.',
        example: 'https://s3.example.org',
      }),
      bucket: optional(type.bucketName(), { description: 'The bucket.', example: 'git-bug-mirrors' }),
      region: setting(type.line(64), 'us-east-1', { description: 'Its region.' }),
      prefix: setting(type.keyPrefix(), 'git-bug-viewer', { description: 'What all keys begin with.' }),
      accessKeyId: optional(type.line(256), { description: 'Who asks.', example: 'viewer' }),
      secretAccessKey: optional(type.line(4096), {
        description: 'The secret that goes with it. Set this or secretAccessKeyFile, not both.',
        example: 'a long random text',
        secret: true,
      }),
      secretAccessKeyFile: optional(type.path('file'), {
        description: 'File that holds the secret; its final newline does not count.',
        example: '/run/secrets/s3',
      }),
    }),
  })
}

function mirroredRepository() {
  return group('', {
    url: required(type.remoteUrl(), {
      description: 'The repository: https://, http://, ssh:// or git://. A password goes into passwordFile.',
    }),
    name: optional(type.repositoryName(), { description: 'Its name in URLs; without it, host and path.' }),
    description: optional(type.line(1000), { description: 'What it is, in one line.' }),
    owner: optional(type.line(200), { description: 'Who it belongs to.' }),
    hidden: setting(type.flag(), false, { description: 'Leave it out of the index; its pages are there.' }),
    neverEvict: setting(type.flag(), false, { description: 'It always stays on disk.' }),
    user: optional(type.loginName(), {
      description: 'Name to log in with over https or http, together with passwordFile.',
    }),
    passwordFile: optional(type.path('file'), {
      description: 'File that holds the password or token; its final newline does not count.',
    }),
  })
}
