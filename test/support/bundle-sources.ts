import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle, inlinedPackages, sourceOf } from '../../scripts/bundle.ts'
import { bundledFile } from './module-cache.ts'

const root = resolve(import.meta.dirname, '../..')
const sources = join(root, 'src')

/** The folders whose modules import modules of src/. */
const importers = ['test', 'scripts', 'bench', 'chaos', 'contract-model']

/**
 * Bundles src/ as the package is bundled, once for a run: so the tests test what users get, and their processes start in less time. Each
 * module that others import has a file of its own, and no module is in two files.  Returns the folder, which is below
 * the checkout's packages, because the bundle imports them.
 * @param cache the folder of the compile cache, which gets the list of these modules
 */
export async function bundleSources(cache: string): Promise<string> {
  const parent = join(root, 'node_modules/.cache')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'lifeguard-test-'))
  const paths = [...inlinedPackages, ...importedSources()]
  await bundle({ modules: Object.fromEntries(paths.map((path) => [nameOf(path), path])), folder })
  const urls = paths.map((path) => [urlOf(sourceOf(path)), urlOf(join(folder, `${nameOf(path)}.js`))])
  writeFileSync(join(cache, bundledFile), JSON.stringify(Object.fromEntries(urls)))
  return folder
}

/** The paths below src/ of all modules that modules of other folders import. The program is one of them. */
function importedSources(): readonly string[] {
  const files = importers.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
  )
  const found = files.filter((file) => file.endsWith('.ts')).flatMap(sourcesIn)
  return [...new Set(['main.ts', ...found])]
}

function sourcesIn(file: string): readonly string[] {
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^'"]*? from '([^']*\/src\/[^']+\.ts)'/gm)
  return [...imports]
    .map(([, specifier = '']) => relative(sources, resolve(dirname(file), specifier)))
    .filter((path) => !path.startsWith('..'))
}

const nameOf = (path: string) => (path === 'main.ts' ? 'main' : path.replace(/\.ts$/, '').replaceAll('/', '.'))
const urlOf = (path: string) => pathToFileURL(path).href
