/**
 * Lines of the log as a terminal may show them. What others wrote stands in them: names of folders, addresses, what git
 * said. Promises that no character of it moves the cursor, changes colours, turns the direction of writing or ends a
 * line. The log for machines needs none of this: JSON has its own way to write them.
 */

/**
 * What JSON writes with a backslash, and what it does not and terminals act on all the same: the second set of control
 * characters (U+009B begins a command as ESC [ does), ends of lines and of paragraphs, marks of direction.
 */
const acting = /\\(?:u[0-9a-f]{4}|.)|[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Takes the danger out of a line of the log before it is laid out for people.
 * @param line JSON, as pino writes it
 * @returns JSON with the same shape, whose texts say `\u001b` where they had that character. Ends of lines stay: those
 *   of a stack are laid out below their line, and stepped in
 */
export function harmlessLine(line: string): string {
  return line.replaceAll(acting, found => {
    if (!found.startsWith('\\')) return `\\\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
    return /^\\[ubfr]/.test(found) ? `\\${found}` : found
  })
}
