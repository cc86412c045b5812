import { fileURLToPath } from 'node:url'
import { bundled } from './module-cache.ts'

/**
 * The cache of the run, for a process that gets an environment of its own. Without it, such a process finds and compiles each of some 2400
 * modules anew, which takes a processor more than a second. Empty when the test file runs without the global set-up.
 */
export const compileCache: Readonly<Record<string, string>> = named(process.env['NODE_COMPILE_CACHE'])

function named(folder: string | undefined): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}

/** The flags of Node for a process that runs the program, or a module that imports modules of src/: see module-cache.ts. */
export const moduleCache: readonly string[] = ['--import', new URL('./module-cache.ts', import.meta.url).href]

const source = new URL('../../src/main.ts', import.meta.url).href

/** The file of the program. */
export const programFile = fileURLToPath(bundled[source] ?? source)
