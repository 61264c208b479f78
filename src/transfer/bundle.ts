/**
 * The head of a git bundle (gitformat-bundle, section "FORMAT"): what comes before the pack. Promises that git reads it
 * back as exactly the given refs. A bundle with this head needs nothing that its reader would have to have already.
 */

/** What a bundle says of what it holds. */
export interface BundleContent {
  readonly refs: readonly BundleRef[]
  readonly objectFormat: 'sha1' | 'sha256'
}

/** A ref as git lists it: its name has no spaces, line ends or other control characters. */
export interface BundleRef {
  readonly name: string
  readonly hash: string
}

/** Writes the head; the pack follows at once. Version 2 where that can say it, since any git reads that. */
export function bundleHead({ refs, objectFormat }: BundleContent): Buffer {
  const signature = objectFormat === 'sha1' ? '# v2 git bundle' : `# v3 git bundle\n@object-format=${objectFormat}`
  return Buffer.from(`${[signature, ...refs.map(({ hash, name }) => `${hash} ${name}`)].join('\n')}\n\n`)
}
