/** Headers of badges: pages elsewhere may show them, and where one is opened by itself it can do nothing. */
export const badgeHeaders = {
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
} as const

/** True for the path of a badge, as it came. */
export function isBadgePath(path: string): boolean {
  return path.endsWith('/-/badge.svg')
}
