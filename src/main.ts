#!/usr/bin/env node
// @NOTE No static import here: an older Node would fail on it before its version is checked.

/** The oldest major version that the program is tested on; also in package.json. */
const minNode = 26

if (Number.parseInt(process.versions.node, 10) < minNode) {
  console.error(`lifeguard: Node ${minNode} or newer is required, but this is Node ${process.versions.node} (${process.execPath}).`)
  process.exit(1)
}
const { runProgram } = await import('./program.ts')
await runProgram()

export {}
