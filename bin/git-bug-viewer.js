#!/usr/bin/env node
// Refuses a Node that is too old in one clear line. So this file keeps to what any Node can read, and loads the
// program, which needs a new one, only afterwards.

var needed = 26
var running = Number(process.versions.node.split('.')[0])
if (running < needed) {
  process.stderr.write(
    'git-bug-viewer: needs Node ' +
      needed +
      ' or later, and this is Node ' +
      process.versions.node +
      '; in a checkout start it with "npm start", which brings its own\n',
  )
  process.exit(2)
}
import('../src/main.ts').then(program => program.main(process.argv.slice(2)))
