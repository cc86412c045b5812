import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile, type Plugin } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const sources = join(root, 'src')

/** The modules of src/ that run in threads of their own. */
const workers = [
  'base/srp/powers-worker.ts',
  'triggers/functions/module-worker.ts',
  'users/passwords/argon2-worker.ts',
  'users/passwords/imported-hash-worker.ts',
]

/**
 * The packages that become part of the bundle, each with one entry. Kysely has 262 modules. The other packages stay outside: npm installs
 * them, and `npm audit` sees them.
 */
export const inlinedPackages = ['kysely']

type BundleOptions = { readonly modules: Readonly<Record<string, string>>; readonly folder: string; readonly home?: string }

/**
 * Writes the modules of src/ into few files of JavaScript, because Node takes longer to find and load 1,500 files than to run them.
 * @param options.modules what others import or run, by the names of its files without extension: paths below src/, or inlined packages
 * @param options.folder gets all files, none of them in a folder below it
 * @param options.home where the files run, if they are moved from `folder`
 * @throws Error when a module uses `import.meta` in an unknown way, or a package that an installed Lifeguard does not have
 */
export async function bundle({ modules, folder, home = folder }: BundleOptions): Promise<void> {
  const entries = { ...Object.fromEntries(workers.map((path) => [nameOf(path), path])), ...modules }
  const { metafile } = await build({
    entryPoints: Object.entries(entries).map(([out, path]) => ({ out, in: sourceOf(path) })),
    outdir: folder,
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node26',
    // Logs and spans name the classes of errors.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    plugins: [inlined, movedUrls(entries, home)],
  })
  requireInstalled(metafile)
}

/** The file of a module of src/, or of an inlined package. */
export function sourceOf(path: string): string {
  return path.endsWith('.ts') ? join(sources, path) : fileURLToPath(import.meta.resolve(path))
}

const inlined: Plugin = {
  name: 'inlined-packages',
  setup({ onResolve }) {
    const filter = new RegExp(`^(${inlinedPackages.join('|')})(/|$)`)
    onResolve({ filter }, ({ path }) => ({ path: sourceOf(path), sideEffects: false }))
  },
}

function nameOf(path: string): string {
  return path.replace(/^.*\/|\.ts$/g, '')
}

/** A URL of a file beside the module. */
const ownUrl = /new URL\('(\.[^']+)', import\.meta\.url\)/g

/** Packages are found from wherever the bundle is. */
const packageUrl = /import\.meta\.resolve\('[^.'][^']*'\)/g

/** A bundle moves modules, so it has to change the URLs of files beside them. */
function movedUrls(entries: Readonly<Record<string, string>>, home: string): Plugin {
  const names = new Map(Object.entries(entries).map(([out, path]) => [sourceOf(path), `./${out}.js`]))
  return {
    name: 'moved-urls',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
        if (text.replaceAll(ownUrl, '').replaceAll(packageUrl, '').includes('import.meta')) {
          throw new Error(`${path} uses import.meta in a way that scripts/bundle.ts does not know.`)
        }
        const moved = (_: string, target: string) => {
          const file = resolve(dirname(path), target)
          return `new URL('${names.get(file) ?? outside(file, home)}', import.meta.url)`
        }
        return { contents: text.replaceAll(ownUrl, moved), loader: 'ts' }
      })
    },
  }
}

/** @throws Error for a module that is not an entry: it has no file of its own in the bundle */
function outside(file: string, home: string): string {
  if (file.startsWith(sources)) throw new Error(`${file} is named by its URL, but it is not an entry of the bundle.`)
  return relative(home, file)
}

/** In the repository, development packages are there as well. Users do not have them. */
function requireInstalled({ outputs }: Metafile): void {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external).map(({ path }) => path))
  const missing = imported.filter((path) => {
    const [name = ''] = /^(@[^/]+\/)?[^/]+/.exec(path) ?? []
    return !Object.hasOwn(dependencies, name) && !path.startsWith('node:') && !builtinModules.includes(path)
  })
  if (missing.length > 0) throw new Error(`src/ imports ${missing.join(', ')}, which package.json does not list under dependencies.`)
}
