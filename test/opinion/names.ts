/** What is made from ids and labels by a rule: "A comment, and every timeline event, has a combined id", "Label colours". */
import { createHash } from 'node:crypto'

/** "Digit positions 1, 3, 5, 9 and from 10 on every position i with i % 5 = 4 take the next digit of the operation's id". */
export function combinedId(bug: string, operation: string): string {
  const ofBug = [...bug]
  const ofOperation = [...operation]
  let combined = ''
  for (let i = 0; i < 64; i += 1) {
    const isOperation = [1, 3, 5, 9].includes(i) || (i >= 10 && i % 5 === 4)
    combined += (isOperation ? ofOperation : ofBug).shift() ?? ''
  }
  return combined
}

// "Label colours"
const colors = [
  [244, 67, 54],
  [233, 30, 99],
  [156, 39, 176],
  [103, 58, 183],
  [63, 81, 181],
  [33, 150, 243],
  [3, 169, 244],
  [0, 188, 212],
  [0, 150, 136],
  [76, 175, 80],
  [139, 195, 74],
  [205, 220, 57],
  [255, 235, 59],
  [255, 193, 7],
  [255, 152, 0],
  [255, 87, 34],
  [121, 85, 72],
  [158, 158, 158],
  [96, 125, 139],
] as const

export function labelColor(label: string): string {
  const digest = createHash('sha256').update(label).digest()
  const sum = digest.reduce((total, byte) => total + byte, 0)
  return `#${(colors[sum % 19] ?? []).map(part => part.toString(16).padStart(2, '0')).join('')}`
}
