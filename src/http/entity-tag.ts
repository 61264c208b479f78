/** Entity tags of conditional requests. Pure; a header that is none of the forms matches nothing. */

/** RFC 9110, 13.1.2: a list of tags, compared weakly, or `*`. */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  // What browsers send is one tag, as it was given to them.
  if (header === etag || header.trim() === '*') return true
  const wanted = etag.replace(/^W\//, '')
  return header.split(',').some(tag => tag.trim().replace(/^W\//, '') === wanted)
}
