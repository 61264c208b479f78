/**
 * A reporter of vitest: writes what failed into the file that FAILURES names, shortly, for whoever sees only the last
 * lines of a run: names of tests, each with the first line of its message, and errors that belong to no test. The file
 * is there after every run that came to its end, and is empty when nothing failed.
 */
import { writeFileSync } from 'node:fs'

const mostChars = 600
const longestLine = 200

export default class Failures {
  onTestRunEnd(modules, unhandledErrors) {
    const lines = []
    const add = (name, errors) => lines.push(shorten(`${name}: ${firstLine(errors?.[0])}`))
    for (const module of modules) {
      const file = module.relativeModuleId
      // Errors of a file, and of what runs before and after all tests of a group.
      if (module.errors().length > 0) add(file, module.errors())
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) add(`${file} > ${suite.fullName}`, suite.errors())
      }
      for (const test of module.children.allTests('failed')) add(`${file} > ${test.fullName}`, test.result().errors)
    }
    for (const error of unhandledErrors) add('outside of all tests', [error])
    writeFileSync(process.env.FAILURES, bounded(lines).join('\n'))
  }
}

function firstLine(error) {
  return String(error?.message ?? error ?? 'no message').split('\n', 1)[0]
}

/** Both ends of a line: a name begins with its file and ends with its message. */
function shorten(line) {
  if (line.length <= longestLine) return line
  const half = longestLine / 2
  return `${line.slice(0, half)} … ${line.slice(-half)}`
}

function bounded(lines) {
  const shown = []
  let chars = 0
  for (const line of lines) {
    chars += line.length + 1
    if (chars > mostChars) break
    shown.push(line)
  }
  return shown.length === lines.length ? lines : [...shown, `and ${lines.length - shown.length} more`]
}
