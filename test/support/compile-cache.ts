/**
 * The compile cache of the run, for a process that gets an environment of its own. Without it, such a process strips and compiles each of
 * some 2400 modules anew, which takes a processor more than a second. Empty when the test file runs without the global set-up.
 */
export const compileCache: Readonly<Record<string, string>> = named(process.env['NODE_COMPILE_CACHE'])

function named(folder: string | undefined): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}

/** The flags of Node for a process that runs the program from source: see module-cache.ts. */
export const moduleCache: readonly string[] = ['--import', new URL('./module-cache.ts', import.meta.url).href]
