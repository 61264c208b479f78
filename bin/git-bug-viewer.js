#!/usr/bin/env node
// Refuses a Node that is too old in one clear line. So this file keeps to what any Node can read, and loads the
// program, which needs a new one, only afterwards: the sources in a checkout, and what was compiled from them in a
// package, since Node reads no TypeScript below node_modules.
import { existsSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'

// The first whose SQLite is not said to be experimental, which would be a line in the log that is none.
const needed = '24.15.0'
const running = process.versions.node
const sources = new URL('../src/main.ts', import.meta.url)
const isCheckout = existsSync(sources)
if (running.localeCompare(needed, 'en', { numeric: true }) < 0) {
  const advice = isCheckout
    ? 'in a checkout start it with "npm start", which brings its own'
    : 'run "npm install node@26" in the folder where you have installed git-bug-viewer, then start it with "npx git-bug-viewer"'
  process.stderr.write(`git-bug-viewer: needs Node ${needed} or later, and this is Node ${running}; ${advice}\n`)
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

const program = isCheckout ? sources : new URL('../dist/main.js', import.meta.url)
void import(program.href).then(({ main }) => main(process.argv.slice(2)))
