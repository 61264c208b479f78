/** The format that an address asks for by its suffix (`api.md`, "Pages"). */
export function splitSuffix<F extends string>(
  segment: string,
  formats: readonly F[],
): { readonly id: string; readonly format: F | undefined } {
  const dot = segment.lastIndexOf('.')
  const format = formats.find(known => dot >= 0 && segment.slice(dot + 1) === known)
  return format === undefined ? { id: segment, format } : { id: segment.slice(0, dot), format }
}
