/** Names under which readers save what they are sent. */

/** A name that every system takes, that cannot leave a header, and that needs no quotes in a command. */
export function plainFileName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '')
}
