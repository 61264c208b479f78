/**
 * What is wanted, what is there already, and how much of it (gitprotocol-pack, "Packfile Negotiation"; gitprotocol-v2,
 * "fetch"): the lines that every version has. They are checked here, and written so that git sends nothing but what
 * the wants reach.
 */
import { readFilter } from './filter.ts'
import { type Mistake, mistake, quoted } from './mistake.ts'
import { isHashOf, type ObjectFormat, sortHashes } from './object-format.ts'
import { longestName } from './packet.ts'

export interface FetchTerms {
  /**
   * Takes one line.
   * @param line one character for each byte
   * @returns whether it is one of these; a mistake where it is one and cannot be right
   */
  take(line: string): boolean | Mistake
  /** Looks at all of them together. @param isRelative whether the depth is to be counted from where history ends now */
  check(isRelative: boolean): CheckedTerms | Mistake
}

export interface CheckedTerms {
  /** Distinct, sorted. */
  readonly wants: readonly string[]
  /** As they came: git answers some of them in this order. */
  readonly haves: readonly string[]
  /** Distinct, sorted. One character for each byte. */
  readonly deepenNot: readonly string[]
  /** Whether there is a depth, and it counts from where the client's history ends. */
  readonly isRelative: boolean
  /** Where that ends; empty where it makes no difference which commits these are. */
  readonly deepened: readonly string[]
  /** `shallow` and `deepen…`, as lines with their ends. */
  readonly limits: readonly string[]
  readonly filter: string | undefined
}

/**
 * The depth that stands for all of history (git's INFINITE_DEPTH). With it, git sends the parents of every commit that the
 * client calls shallow, reached by the wants or not: whoever knows the name of a hidden commit would be sent what is
 * behind it. One less reaches as far, and counts from the wants.
 */
const infiniteDepth = 2_147_483_647

export interface TermsContext {
  readonly objectFormat: ObjectFormat
  /** More wants than these are a mistake, also where some want the same; and so are more ends of history. */
  readonly maxWants: number
}

/** git would read a number with zeros before it to another base. */
const wholeNumber = /^[1-9]\d{0,15}$/

/** git looks each of them up. */
const maxDeepenNot = 1000

/**
 * Beside one for each want. git itself names no more at once, whatever it has: it begins with a few, and takes a tenth
 * more each time. Reading so many takes a tenth of a second, during which nobody else is answered.
 */
const maxOtherHaves = 150_000

/** What lines may say once. */
interface Limits {
  depth?: number
  since?: number
  filter?: string
}

export function createFetchTerms({ objectFormat, maxWants }: TermsContext): FetchTerms {
  const wants: string[] = []
  const shallows = new Set<string>()
  const deepenNot = new Set<string>()
  const haves: string[] = []
  const limits: Limits = {}
  const maxHaves = maxWants + maxOtherHaves

  const takeHash = (line: string, hash: string, add: (hash: string) => void): true | Mistake => {
    if (!isHashOf(hash, objectFormat)) return mistake(`expected a ${objectFormat} object name in ${quoted(line)}`)
    add(hash)
    return true
  }

  const takeNumber = (line: string, name: 'depth' | 'since', max: number): true | Mistake => {
    const digits = line.slice(line.indexOf(' ') + 1)
    const number = Number(digits)
    if (!wholeNumber.test(digits) || number > max) {
      return mistake(`expected a number from 1 to ${max} in ${quoted(line)}`)
    }
    if (limits[name] !== undefined) return mistake(`${quoted(line)} comes after another one`)
    limits[name] = number
    return true
  }

  const takeDeepenNot = (name: string): true | Mistake => {
    if (name === '') return mistake('deepen-not without a ref')
    if (name.length > longestName) return mistake(`a ref with a name of ${name.length} bytes`)
    if (deepenNot.size === maxDeepenNot) return mistake(`deepen-not more than ${maxDeepenNot} times`)
    deepenNot.add(name)
    return true
  }

  const takeFilter = (spec: string): true | Mistake => {
    if (limits.filter !== undefined) return mistake('more than one filter')
    const filter = readFilter(spec)
    if (typeof filter !== 'string') return filter
    limits.filter = filter
    return true
  }

  return {
    take(line) {
      const wordEnd = line.indexOf(' ')
      const word = line.slice(0, wordEnd < 0 ? line.length : wordEnd)
      const rest = wordEnd < 0 ? '' : line.slice(wordEnd + 1)
      switch (word) {
        case 'want':
          if (wants.length === maxWants) return mistake(`more than ${maxWants} wants`)
          return takeHash(line, rest, hash => wants.push(hash))
        case 'have':
          if (haves.length === maxHaves) return mistake(`more than ${maxHaves} haves`)
          return takeHash(line, rest, hash => haves.push(hash))
        case 'shallow':
          // A history that is cut off ends somewhere for each of its refs.
          if (shallows.size === maxWants) return mistake(`more than ${maxWants} ends of history`)
          return takeHash(line, rest, hash => shallows.add(hash))
        case 'deepen':
          return takeNumber(line, 'depth', infiniteDepth)
        case 'deepen-since':
          return takeNumber(line, 'since', Number.MAX_SAFE_INTEGER)
        case 'deepen-not':
          return takeDeepenNot(rest)
        case 'filter':
          return takeFilter(rest)
        default:
          return false
      }
    },
    check(isRelative) {
      if (wants.length === 0) return mistake('no object is wanted')
      const { depth, since, filter } = limits
      if (depth !== undefined && (since !== undefined || deepenNot.size > 0)) {
        return mistake('deepen and deepen-since or deepen-not cannot be used together')
      }
      const relative = isRelative && depth !== undefined && depth < infiniteDepth
      const ends = sortHashes([...shallows])
      return {
        wants: sortHashes(wants),
        haves,
        deepenNot: [...deepenNot].sort(),
        isRelative: relative,
        deepened: relative ? ends : [],
        limits: [
          ...ends.map(hash => `shallow ${hash}\n`),
          ...(depth === undefined ? [] : [`deepen ${Math.min(depth, infiniteDepth - 1)}\n`]),
          ...(since === undefined ? [] : [`deepen-since ${since}\n`]),
          ...[...deepenNot].sort().map(name => `deepen-not ${name}\n`),
        ],
        filter,
      }
    },
  }
}
