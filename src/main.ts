#!/usr/bin/env node
// @NOTE No static import here: an older Node would fail on it before it could be told from a suitable one.

/** The oldest major version that the program is tested on; also in package.json. */
const neededNode = 26

if (Number.parseInt(process.versions.node, 10) < neededNode) {
  console.error(`lifeguard: Node ${neededNode} or newer is needed, and this is Node ${process.versions.node} (${process.execPath}).`)
  process.exit(1)
}
const { runProgram } = await import('./program.ts')
await runProgram()

export {}
