/**
 * Patterns of routes that no limit on readers is for: who asks there watches the server or tells it something, or wants
 * what is in memory from the start.
 */
export const unboundedRoutes: ReadonlySet<string> = new Set([
  '/healthz',
  '/readyz',
  '/metrics',
  '/robots.txt',
  '/hooks/post-receive',
  '/-/static/:file',
])
