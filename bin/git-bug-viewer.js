#!/usr/bin/env node
// Refuses a Node that is too old in one clear line. So this file keeps to what any Node can read, and loads the
// program, which needs a new one, only afterwards.
import module from 'node:module'
import { join } from 'node:path'

const needed = 26
const running = process.versions.node
if (Number(running.split('.')[0]) < needed) {
  process.stderr.write(
    `git-bug-viewer: needs Node ${needed} or later, and this is Node ${running}; in a checkout start it with "npm start", which brings its own\n`,
  )
  process.exit(2)
}

// Node keeps the compiled sources in the account's own cache folder: later starts take half as long. Where it cannot
// be written, or NODE_DISABLE_COMPILE_CACHE is set, Node goes on without.
const cacheHome = process.env.XDG_CACHE_HOME || (process.env.HOME && join(process.env.HOME, '.cache'))
if (cacheHome && !process.env.NODE_COMPILE_CACHE) {
  const folder = join(cacheHome, 'git-bug-viewer')
  module.enableCompileCache(folder)
  // Worker threads are told by the environment only.
  process.env.NODE_COMPILE_CACHE = folder
}

void import('../src/main.ts').then(program => program.main(process.argv.slice(2)))
