/**
 * Patterns over repository names: `*` stays within a segment, `**` crosses segments. Matching takes time in proportion
 * to pattern times name at the most, whatever the pattern.
 */

/** True where the whole name fits the pattern. */
export function matchesName(pattern: string, name: string): boolean {
  const segments = name.split('/')
  return matchParts(pattern.split('/'), segments, {
    isMany: part => part === '**',
    fits: (part, segment) =>
      matchParts([...part], [...segment], { isMany: char => char === '*', fits: (a, b) => a === b }),
  })
}

interface Rules {
  /** Stands for any number of items. */
  isMany(part: string): boolean
  fits(part: string, item: string): boolean
}

/** Wildcards need no more than the last one to be tried again, so two places are all that has to be remembered. */
function matchParts(parts: readonly string[], items: readonly string[], rules: Rules): boolean {
  let part = 0
  let item = 0
  let retryPart = -1
  let retryItem = -1
  while (item < items.length) {
    const wanted = parts[part]
    if (wanted !== undefined && rules.isMany(wanted)) {
      retryPart = ++part
      retryItem = item
    } else if (wanted !== undefined && rules.fits(wanted, items[item] as string)) {
      part++
      item++
    } else if (retryPart >= 0) {
      part = retryPart
      item = ++retryItem
    } else return false
  }
  return parts.slice(part).every(rest => rules.isMany(rest))
}
