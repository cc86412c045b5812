import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/**
 * The layers of src/, from the first to the last. A file imports only from its own layer and from earlier ones, types included. A module (a
 * folder) is a layer of its own.
 */
const layers = [
  'settings',
  'base',
  'contract',
  'storage',
  'access',
  'audit',
  'pools',
  'log-delivery',
  'triggers',
  'messaging',
  'protection',
  'users',
  'tokens',
  'signin',
  'federation',
  'oauth',
  'identity-pools',
  'authorization',
  'portability',
  'web',
  'server',
  'testing',
  'cli',
  'main',
]

/** The layers of the files that lie in no folder. */
const layersOfFiles: Readonly<Record<string, string>> = {
  'loopback.ts': 'settings',
  'master-key-settings.ts': 'settings',
  'flag-suggestion.ts': 'settings',
  'gateway-settings.ts': 'settings',
  'log-settings.ts': 'settings',
  'limit-settings.ts': 'settings',
  'place-settings.ts': 'settings',
  'provider-settings.ts': 'settings',
  'backup-settings.ts': 'settings',
  'parse-counts.ts': 'settings',
  'setting-rules.ts': 'settings',
  'setting-spec.ts': 'settings',
  'settings.ts': 'settings',
  'settings-table.ts': 'settings',
  'server.ts': 'server',
  'configured-providers.ts': 'server',
  'configured-gateways.ts': 'server',
  'services.ts': 'server',
  'service-gauges.ts': 'server',
  'shutdown.ts': 'server',
  'master-key-watch.ts': 'server',
  'operations.ts': 'server',
  'rotate-master-key.ts': 'server',
  'sealed-tables.ts': 'server',
  'sweeps.ts': 'server',
  'open-copy.ts': 'server',
  'open-apply.ts': 'server',
  'run-apply.ts': 'server',
  'applied-files.ts': 'server',
  'file-rows.ts': 'server',
  'backup-plan.ts': 'server',
  'open-backups.ts': 'server',
  'open-database.ts': 'server',
  'open-protection.ts': 'server',
  'main.ts': 'main',
  'program.ts': 'main',
}

const sources = new URL('../src/', import.meta.url)

/** The layer of a path below src/, such as `users/user.ts`. */
function layerOf(path: string): string | undefined {
  const [first = ''] = path.split('/')
  return path.includes('/') ? first : layersOfFiles[first]
}

/** The specifiers of all imports in a file, in whatever form. Biome's formatting keeps a declaration's start at the start of a line. */
function specifiersIn(text: string): string[] {
  const declarations = /^(?:import|export)\s[^'"`=;]*?\bfrom\s+['"]([^'"]+)['"]/gm
  const bare = /^import\s+['"]([^'"]+)['"]/gm
  const calls = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
  return [declarations, bare, calls].flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))
}

/** The files below src/ that a file imports. Files outside of src/ belong to no layer. */
function importsOf(path: string): string[] {
  return specifiersIn(readFileSync(new URL(path, sources), 'utf8'))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(path), specifier))
    .filter((target) => !target.startsWith('../'))
}

type ImportGraph = ReadonlyMap<string, readonly string[]>

function orderViolations(path: string, targets: readonly string[]): string[] {
  const layer = layerOf(path)
  if (layer === undefined || !layers.includes(layer)) return [`src/${path} belongs to no layer: add it to scripts/module-order.ts`]
  return targets.flatMap((target) => {
    const targetLayer = layerOf(target)
    if (targetLayer !== undefined && layers.indexOf(targetLayer) <= layers.indexOf(layer)) return []
    return [`src/${path} (layer ${layer}) imports src/${target} (layer ${targetLayer ?? 'unknown'}), which comes later`]
  })
}

/** The shortest cycle of imports that begins and ends at `start`, without `start` at its end. */
function shortestCycle(graph: ImportGraph, start: string): readonly string[] | undefined {
  const importedBy = new Map<string, string>()
  const queue = [start]
  for (const path of queue) {
    for (const target of graph.get(path) ?? []) {
      if (target === start) return pathTo(path, importedBy)
      if (importedBy.has(target)) continue
      importedBy.set(target, path)
      queue.push(target)
    }
  }
  return undefined
}

function pathTo(end: string, importedBy: ReadonlyMap<string, string>): readonly string[] {
  const importer = importedBy.get(end)
  return importer === undefined ? [end] : [...pathTo(importer, importedBy), end]
}

/** The shortest cycle of each file that is in one. The same cycle is found from each of its files, but is reported once. */
function cycleViolations(graph: ImportGraph): string[] {
  const reported = new Set<string>()
  const violations: string[] = []
  for (const start of graph.keys()) {
    const cycle = shortestCycle(graph, start)
    const files = cycle && [...cycle].sort().join()
    if (cycle === undefined || files === undefined || reported.has(files)) continue
    reported.add(files)
    violations.push(`import cycle: ${[...cycle, start].map((path) => `src/${path}`).join(' → ')}`)
  }
  return violations
}

const paths = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .sort()
const graph: ImportGraph = new Map(paths.map((path) => [path, importsOf(path)]))
const violations = [...[...graph].flatMap(([path, targets]) => orderViolations(path, targets)), ...cycleViolations(graph)]
for (const violation of violations) console.error(violation)
process.exitCode = violations.length === 0 ? 0 : 1
