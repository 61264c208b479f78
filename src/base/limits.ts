/**
 * Bounds on what the data of a repository may cost. Each is a setting (`limits` in the settings file); going over one
 * makes the entity a line on the problems page and never an error.
 */
export interface DecodeLimits {
  /** Bytes of one `ops` blob or `version` blob. */
  readonly maxOpsBytes: number
  /** Bytes of all `ops` blobs of one bug, or all `version` blobs of one identity. */
  readonly maxEntityBytes: number
  /** Bytes of one tree object of a pack. */
  readonly maxTreeBytes: number
  /** Operations of one bug, all packs together. */
  readonly maxOperations: number
  /** Packs (commits) of one bug, and versions of one identity. */
  readonly maxPacks: number
  /** Levels of arrays and objects inside one pack's JSON. */
  readonly maxNesting: number
}

export const defaultDecodeLimits: DecodeLimits = {
  maxOpsBytes: 32 * 1024 * 1024,
  maxEntityBytes: 128 * 1024 * 1024,
  maxTreeBytes: 1024 * 1024,
  maxOperations: 100_000,
  maxPacks: 100_000,
  maxNesting: 32,
}
