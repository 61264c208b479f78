/**
 * The names that a setting may give a repository. They become the first part of URLs (`api.md`, section "Pages"), so a
 * name never holds what ends or bends such a path.
 */

/**
 * True for one or more segments joined by `/`. Refused: empty segments, `.`, `..`, the `-` that ends a name in URLs,
 * control characters, backslashes, the ending `.git` (the fetch address is `<name>.git`), more than 255 characters.
 */
export function isRepositoryName(text: string): boolean {
  if (text.length > 255 || text.endsWith('.git') || /[\p{Cc}\\]/u.test(text)) return false
  return text.split('/').every(segment => segment.trim() !== '' && !['.', '..', '-'].includes(segment))
}
