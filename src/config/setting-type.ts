/**
 * The kinds of values that settings have. Each is a zod schema whose every issue carries the same words, "a whole
 * number from 0 to 65535", so that a message, the example file and the reference page cannot disagree.
 */
import { z } from 'zod'
import { parseRemotePattern } from '../base/remote-pattern.ts'
import { parseRemoteUrl } from '../base/remote-url.ts'
import { isHost, isNetwork, parseBasePath, parsePublicUrl, parseRedisUrl } from './address.ts'
import { formatByteSize, parseByteSize } from './byte-size.ts'
import { parseCronSchedule } from './cron-schedule.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { withoutSecrets } from './problem.ts'
import { isRepositoryName } from './repository-name.ts'

export interface SettingType<S extends z.ZodType> {
  readonly schema: S
  /** What fits after "must be". */
  readonly expects: string
  /** True where the text of a variable or an option is the value itself; else it is read as YAML. */
  readonly literal: boolean
  /** The settings of one entry, where the value is a list of groups. */
  readonly entry?: z.ZodObject
}

/** A whole number; both bounds are allowed. */
export function wholeNumber(min: number, max: number) {
  const expects = `a whole number from ${min} to ${max}`
  const schema = z.number({ error: expects }).int({ error: expects }).min(min, { error: expects })
  return { schema: schema.max(max, { error: expects }), expects, literal: false }
}

/** A number that may have decimals; both bounds are allowed. */
export function decimalNumber(min: number, max: number) {
  const expects = `a number from ${min} to ${max}`
  const schema = z.number({ error: expects }).min(min, { error: expects }).max(max, { error: expects })
  return { schema, expects, literal: false }
}

export function flag() {
  const expects = 'true or false'
  return { schema: z.boolean({ error: expects }), expects, literal: false }
}

export function oneOf<const T extends readonly [string, ...string[]]>(choices: T) {
  const expects = `one of ${choices.join(', ')}`
  return { schema: z.enum(choices, { error: expects }), expects, literal: true }
}

/** A number of bytes, spelled as `parseByteSize` reads it. */
export function byteSize(min: number, max: number) {
  const expects = `a size from ${formatByteSize(min)} to ${formatByteSize(max)}, such as 64 MiB or a number of bytes`
  const schema = z.union([z.number(), z.string()], { error: expects }).transform((value, context) => {
    const bytes = parseByteSize(value)
    if (bytes !== undefined && bytes >= min && bytes <= max) return bytes
    context.issues.push({ code: 'custom', message: expects, input: value })
    return z.NEVER
  })
  return { schema, expects, literal: false }
}

/** A time, spelled as `parseDuration` reads it; seconds come out. */
export function duration(minSeconds: number, maxSeconds: number) {
  const bounds = `from ${formatDuration(minSeconds)} to ${formatDuration(maxSeconds)}`
  const expects = `a time ${bounds}, such as 90s, 5m, 2h, 1d or a number of seconds`
  const schema = z.union([z.number(), z.string()], { error: expects }).transform((value, context) => {
    const seconds = parseDuration(value)
    if (seconds !== undefined && seconds >= minSeconds && seconds <= maxSeconds) return seconds
    context.issues.push({ code: 'custom', message: expects, input: value })
    return z.NEVER
  })
  return { schema, expects, literal: false }
}

/** A text that `parse` accepts and normalises. @param show what messages show of it */
function parsedText(expects: string, parse: (text: string) => string | undefined, show = (text: string) => text) {
  const schema = z.string({ error: expects }).transform((text, context) => {
    const value = parse(text)
    if (value !== undefined) return value
    context.issues.push({ code: 'custom', message: expects, input: show(text) })
    return z.NEVER
  })
  return { schema, expects, literal: true }
}

/** One line of text, not empty. */
export function line(maxChars: number) {
  return parsedText(`one line of 1 to ${maxChars} characters`, text =>
    text.trim() !== '' && text.length <= maxChars && !/\p{Cc}/u.test(text) ? text : undefined,
  )
}

/** A path, kept as it was written; see `resolvePath`. */
export function path(what: 'file' | 'folder') {
  return parsedText(`the path of a ${what}`, text =>
    text !== '' && text.length <= 4096 && !/\p{Cc}/u.test(text) ? text : undefined,
  )
}

export function host() {
  return parsedText('a host name or an IP address', text => (isHost(text) ? text : undefined))
}

export function basePath() {
  return parsedText('empty or a path such as /bugs', parseBasePath)
}

export function publicUrl() {
  return parsedText('a URL such as https://example.org/bugs', parsePublicUrl)
}

/** The address of a Redis server. What may hold a password is refused, and no message shows it. */
export function redisUrl() {
  const expects = 'a URL such as redis://127.0.0.1:6379 or rediss://redis.example.org/0'
  const withoutUser =
    'a URL without user and password; store.redis.user and store.redis.passwordFile (or password) are for those'
  const schema = z.string({ error: expects }).transform((text, context) => {
    const url = parseRedisUrl(text)
    if (url !== undefined) return url
    const message = text.includes('@') ? withoutUser : expects
    context.issues.push({ code: 'custom', message, input: withoutSecrets(text) })
    return z.NEVER
  })
  return { schema, expects, literal: true }
}

/** An http(s) server, or a path on one. */
export function webAddress() {
  return parsedText('an address such as https://s3.example.org', parsePublicUrl, withoutSecrets)
}

/** The name of a bucket, as the S3 protocol allows it. */
export function bucketName() {
  return parsedText('3 to 63 small letters, digits, dots and hyphens, such as git-bug-mirrors', text =>
    /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text) ? text : undefined,
  )
}

/** The address of a remote repository. Messages say what is wrong with it, and show nothing that may be a password. */
export function remoteUrl() {
  const expects = 'the address of a repository such as https://codeberg.org/group/tool'
  const schema = z.string({ error: expects }).transform((text, context) => {
    const url = parseRemoteUrl(text)
    if (!('mistake' in url)) return url
    context.issues.push({
      code: 'custom',
      message: `${expects} (this one ${url.mistake})`,
      input: withoutSecrets(text),
    })
    return z.NEVER
  })
  return { schema, expects, literal: true }
}

/** A name to log in with over HTTP, where a colon ends it (RFC 7617, 2). */
export function loginName() {
  return parsedText('one line of 1 to 256 characters without a colon', text =>
    /^[^\p{Cc}:]{1,256}$/u.test(text) && text.trim() !== '' ? text : undefined,
  )
}

/** Patterns over addresses of remote repositories. */
export function remotePatterns() {
  const pattern = 'a pattern such as https://codeberg.org/** or https://*.example.org/group/*'
  const expects = 'a list of patterns such as [https://codeberg.org/**, "https://*.example.org/group/*"]'
  const one = z.string({ error: pattern }).transform((text, context) => {
    const parsed = parseRemotePattern(text)
    if (parsed !== undefined) return parsed
    context.issues.push({ code: 'custom', message: pattern, input: withoutSecrets(text) })
    return z.NEVER
  })
  return { schema: z.array(one, { error: expects }), expects, literal: false }
}

/** What the keys of a shared server begin with. */
export function keyPrefix() {
  return parsedText('1 to 100 letters, digits and the characters . _ - : /', text =>
    /^[\w.:/-]{1,100}$/.test(text) ? text : undefined,
  )
}

export function schedule() {
  return parsedText('a schedule of five fields such as */5 * * * *', parseCronSchedule)
}

export function repositoryName() {
  return parsedText('a name such as tool or group/tool', text => (isRepositoryName(text) ? text : undefined))
}

/** The start of repositories' names: a name itself, with or without a final slash, which is dropped. */
export function namePrefix() {
  return parsedText('the start of names such as group or group/tools', text => {
    const name = text.replace(/\/$/, '')
    return isRepositoryName(name) ? name : undefined
  })
}

/** Patterns over names: `*` stays within a segment, `**` crosses segments. */
export function namePatterns() {
  const pattern = 'a pattern of 1 to 255 characters such as group/* or **/tool'
  const expects = 'a list of patterns such as [group/*, "**/tool"]'
  const one = z.string({ error: pattern }).refine(text => text !== '' && text.length <= 255 && !/\p{Cc}/u.test(text), {
    error: pattern,
  })
  return { schema: z.array(one, { error: expects }), expects, literal: false }
}

/** Everybody, nobody, or a list of addresses and networks. */
export function proxies() {
  const expects = 'true, false or a list of IP addresses and networks such as [127.0.0.1, 10.0.0.0/8]'
  const schema = z.union([z.boolean(), z.array(z.unknown())], { error: expects }).transform((value, context) => {
    if (typeof value === 'boolean') return value
    const networks = value.filter(item => typeof item === 'string').filter(isNetwork)
    if (networks.length === value.length) return networks
    const at = value.findIndex(item => typeof item !== 'string' || !isNetwork(item))
    const message = 'an IP address or a network such as 10.0.0.0/8'
    context.issues.push({ code: 'custom', message, input: value[at], path: [at] })
    return z.NEVER
  })
  return { schema, expects, literal: false }
}

/** Addresses and networks. */
export function networks() {
  const one = 'an IP address or a network such as 10.0.0.0/8'
  const expects = 'a list of IP addresses and networks such as [127.0.0.1, 10.0.0.0/8]'
  const schema = z.array(z.string({ error: one }).refine(isNetwork, { error: one }), { error: expects })
  return { schema, expects, literal: false }
}

/** One such pattern. */
export function namePattern() {
  return parsedText('a pattern of 1 to 255 characters such as group/* or **/tool', text =>
    text !== '' && text.length <= 255 && !/\p{Cc}/u.test(text) ? text : undefined,
  )
}

/** Labels, one after the other. */
export function labels() {
  const expects = 'a list of labels such as [priority/high, priority/low]'
  const one = line(200)
  return { schema: z.array(one.schema, { error: expects }), expects, literal: false }
}

/** Font families as CSS lists them: nothing that could leave its declaration. */
export function fontFamilies() {
  return parsedText('names of fonts such as Inter, system-ui, sans-serif', text =>
    /^[\w ,"'-]{1,400}$/.test(text) ? text : undefined,
  )
}

export function color() {
  return parsedText('a colour such as #c2185b', text => (/^#[0-9a-f]{6}$/i.test(text) ? text.toLowerCase() : undefined))
}

/** A web address with places to fill in, each a name in braces. */
export function urlTemplate(places: readonly string[]) {
  const expects = `an address such as https://example.org/{${places[0]}}, with places for ${places.join(', ')}`
  return parsedText(expects, text => {
    const named = [...text.matchAll(/\{([^{}]*)\}/g)].map(match => match[1] ?? '')
    const filled = text.replace(/\{[^{}]*\}/g, 'x')
    const url = URL.parse(filled)
    const isWeb = url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
    // A place in the name of the host would let the writer of a text choose it.
    const isSafe = isWeb && /^https?:\/\/[^/{}]+(?:\/|$)/i.test(text) && text.length <= 1000 && !/[\s{}]/.test(filled)
    return isSafe && named.every(name => places.includes(name)) ? text : undefined
  })
}

/** A regular expression for words of a text. */
export function wordPattern() {
  return parsedText('a regular expression of 1 to 200 characters that matches something', text => {
    try {
      return text.length > 0 && text.length <= 200 && !new RegExp(`^(?:${text})`, 'u').test('') ? text : undefined
    } catch {
      return undefined
    }
  })
}

/** A list of groups. */
export function groupsOf<S extends z.ZodObject>(entry: S) {
  const expects = `a list of groups with ${Object.keys(entry.shape).join(', ')}`
  return { schema: z.array(entry, { error: expects }), expects, literal: false, entry }
}

/** A list of groups; a plain text stands for the group that has only that key. */
export function listOf<S extends z.ZodObject>(entry: S, key: 'path' | 'url' = 'path') {
  const plain = { path: 'paths', url: 'addresses' }[key]
  const expects = `a list of ${plain} and of groups with ${Object.keys(entry.shape).join(', ')}`
  const one = z.preprocess(value => (typeof value === 'string' ? { [key]: value } : value), entry)
  return { schema: z.array(one, { error: expects }), expects, literal: false, entry }
}
