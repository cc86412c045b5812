import { existsSync, readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'

/*
 * Loaded before each test file, and before the program. A server from src/ has some 2400 modules. Node asks the file system several times
 * where each of them is, and strips the types of 1500. That takes half the CPU time of a start. So the run bundles src/ once
 * (bundle-sources.ts), finds all other modules once (record-modules.ts), and its processes read the answers from one file. Node itself finds
 * and loads whatever is not there. A test file that runs without the global set-up loads src/ itself.
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
/** What bundle-sources.ts writes into the folder of the compile cache: the URLs of modules of the bundle, by those of modules of src/. */
export const bundledFile = 'bundled.json'

/** Set by global-setup.ts, and absent when the test file runs alone. */
const folder = process.env['NODE_COMPILE_CACHE']

/** By the URL of a module of src/: the URL of the module of the bundle that stands for it. Empty without a bundle. */
export const bundled: Readonly<Record<string, string>> = read(bundledFile) ?? {}

const sources = new URL('../../src/', import.meta.url).href

if (Object.keys(bundled).length > 0) useBundle()
const index: ModuleIndex | undefined = read(indexFile)
if (index !== undefined) useIndex(index)

function read<T>(file: string): T | undefined {
  const path = join(folder ?? '', file)
  return folder !== undefined && existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined
}

/** @throws Error for a module that is not in the bundle: it would bring second copies of modules that are there */
function useBundle(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const url = bundled[found.url]
      if (url !== undefined) return { url, format: 'module', shortCircuit: true }
      if (found.url.startsWith(sources) && found.url.endsWith('.ts')) throw new Error(`${found.url} is not in the bundle of this run.`)
      return found
    },
  })
}

function useIndex({ resolved, sources }: ModuleIndex): void {
  const text = readFileSync(join(folder ?? '', sourcesFile))
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
