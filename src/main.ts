#!/usr/bin/env node
// @NOTE No static import here: an older Node would fail on the import before the program has checked the version of Node.

/** The oldest major version of Node that the program is tested on. package.json names it, too. */
const minNode = 26

if (Number.parseInt(process.versions.node, 10) < minNode) {
  console.error(`lifeguard: Node ${minNode} or newer is required, but this is Node ${process.versions.node} (${process.execPath}).`)
  process.exit(1)
}
// Compiling modules takes long, so their compiled code is cached. The cache is inside the package's folder, where only its owner writes. The
// program also runs without the cache.
const { enableCompileCache } = await import('node:module')
const { fileURLToPath } = await import('node:url')
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/lifeguard', import.meta.url)))
const { runProgram } = await import('./program.ts')
await runProgram()

export {}
