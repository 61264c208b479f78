/** Logical times: unsigned 64-bit numbers as they stand in tree entries and version blobs. */
import type { Lamport } from './model.ts'

const digits = /^[0-9]{1,20}$/
const maximum = 2n ** 64n - 1n

/** Reads decimal digits. @returns undefined where they are none, or more than 64 bits */
export function parseLamport(text: string): Lamport | undefined {
  if (!digits.test(text)) return undefined
  const small = Number(text)
  if (Number.isSafeInteger(small)) return small
  const large = BigInt(text)
  return large <= maximum ? large : undefined
}

/** The later of two times. */
export function laterLamport(a: Lamport, b: Lamport): Lamport {
  return b > a ? b : a
}

/** Orders logical times, earlier first. */
export function compareLamport(a: Lamport, b: Lamport): number {
  return a < b ? -1 : a > b ? 1 : 0
}
