import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle, inlinedPackages, sourceOf } from '../../scripts/bundle.ts'
import { bundledFile } from './module-cache.ts'

const root = resolve(import.meta.dirname, '../..')
const sources = join(root, 'src')
/** The bundle imports packages, so it is inside `node_modules`. */
const parent = join(root, 'node_modules/.cache')
const prefix = 'lifeguard-test-'

/** The folders whose modules import modules of src/. */
const importers = ['test', 'scripts', 'bench', 'chaos', 'contract-model']

/**
 * Bundles src/ once for a run, as `npm run build` does: so the tests test what users get, and their processes start in less time. Each module
 * that others import has a file of its own, and no module is in two files. Returns the folder. Returns undefined when src/ cannot be bundled:
 * then the processes load src/ itself, because the tests may be about another part of it.
 * @param cache the folder of the compile cache, which gets the list of these modules
 */
export async function bundleSources(cache: string): Promise<string | undefined> {
  mkdirSync(parent, { recursive: true })
  removeOldBundles()
  const folder = mkdtempSync(join(parent, prefix))
  try {
    const paths = [...inlinedPackages, ...importedSources()]
    await bundle({ modules: Object.fromEntries(paths.map((path) => [nameOf(path), path])), folder })
    const urls = paths.map((path) => [urlOf(sourceOf(path)), urlOf(join(folder, `${nameOf(path)}.js`))])
    writeFileSync(join(cache, bundledFile), JSON.stringify(Object.fromEntries(urls)))
    return folder
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    console.error('src/ cannot be bundled, so the test files load it as it is.', error)
    return undefined
  }
}

/** Removes what runs left that were killed. A run takes less than a day. */
function removeOldBundles(): void {
  const yesterday = Date.now() - 24 * 60 * 60 * 1000
  const folders = readdirSync(parent).filter((name) => name.startsWith(prefix))
  for (const folder of folders.map((name) => join(parent, name))) {
    const { mtimeMs = yesterday } = statSync(folder, { throwIfNoEntry: false }) ?? {}
    if (mtimeMs < yesterday) rmSync(folder, { recursive: true, force: true })
  }
}

/** The paths below src/ of all modules that modules of other folders import. The program is one of them. */
function importedSources(): readonly string[] {
  const names = importers.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
  )
  return [...new Set(['main.ts', ...names.filter((name) => name.endsWith('.ts')).flatMap(sourcesIn)])]
}

/** What is missed here is refused when a test file imports it: see module-cache.ts. */
function sourcesIn(file: string): readonly string[] {
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^'"]*? from '([^']*\/src\/[^']+\.ts)'/gm)
  return [...imports]
    .map(([, specifier = '']) => relative(sources, resolve(dirname(file), specifier)))
    .filter((path) => !path.startsWith('..'))
}

const nameOf = (path: string) => (path === 'main.ts' ? 'main' : path.replace(/\.ts$/, '').replaceAll('/', '.'))
const urlOf = (path: string) => pathToFileURL(path).href
