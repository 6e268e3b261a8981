#!/usr/bin/env node
// The first file any Node runs, so it is plain JavaScript that old versions understand.
import module from 'node:module'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  console.error(`stompede needs Node 24.12 or later; this is Node ${process.versions.node}`)
  process.exit(2)
}
// What was compiled, and stripped of its types, is kept for the next start: a third of it is saved.
module.enableCompileCache()
// A checkout runs its TypeScript as it is; Node refuses to strip types under node_modules, so a package carries dist/.
const isInstalled = import.meta.url.includes('/node_modules/')
await import(isInstalled ? '../dist/cli.js' : './cli.ts')
