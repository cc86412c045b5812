import { existsSync, readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'

/*
 * Loaded before each test file, and before the program when a test starts it from source. Node asks the file system several times where
 * each of some 2400 modules is, and strips the types of 1400 of them. That takes half the CPU time of the start of a server. So the run
 * does it once (record-modules.ts), and its processes read the answers from one file. Node itself finds and loads whatever is not there.
 */

/** What record-modules.ts writes into the folder of the compile cache. */
export type ModuleIndex = {
  /** By the URL of the importing module and the specifier: the URL and format of the module. */
  readonly resolved: Readonly<Record<string, Readonly<Record<string, readonly [url: string, format: string | null]>>>>
  /** By URL: where the JavaScript of the module is in the file of sources. */
  readonly sources: Readonly<Record<string, readonly [start: number, end: number]>>
}

export const indexFile = 'modules.json'
export const sourcesFile = 'modules.js'

/** Set by global-setup.ts, and absent when the test file runs alone. */
const folder = process.env['NODE_COMPILE_CACHE']

if (folder !== undefined && existsSync(join(folder, indexFile))) useIndex(folder)

function useIndex(from: string): void {
  const { resolved, sources } = JSON.parse(readFileSync(join(from, indexFile), 'utf8')) as ModuleIndex
  const text = readFileSync(join(from, sourcesFile))
  registerHooks({
    resolve(specifier, context, next) {
      const found = context.conditions.includes('import') ? resolved[context.parentURL ?? '']?.[specifier] : undefined
      return found === undefined ? next(specifier, context) : { url: found[0], format: found[1], shortCircuit: true }
    },
    load(url, context, next) {
      const place = sources[url]
      return place === undefined ? next(url, context) : { format: 'module', source: text.toString('utf8', ...place), shortCircuit: true }
    },
  })
}
