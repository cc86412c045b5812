import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** The rooms of src/, earliest first. A file imports only from its own room and from earlier ones, types included. */
const rooms = [
  'settings',
  'base',
  'contract',
  'storage',
  'access',
  'pools',
  'audit',
  'triggers',
  'messaging',
  'protection',
  'users',
  'tokens',
  'signin',
  'federation',
  'oauth',
  'identity-pools',
  'portability',
  'web',
  'server',
  'cli',
  'main',
]

/** Rooms that consist of files beside the folders. */
const filesOfRooms: Readonly<Record<string, string>> = {
  'loopback.ts': 'settings',
  'master-key-settings.ts': 'settings',
  'gateway-settings.ts': 'settings',
  'limit-settings.ts': 'settings',
  'setting-spec.ts': 'settings',
  'settings.ts': 'settings',
  'settings-table.ts': 'settings',
  'server.ts': 'server',
  'configured-gateways.ts': 'server',
  'services.ts': 'server',
  'master-key-watch.ts': 'server',
  'operations.ts': 'server',
  'rotate-master-key.ts': 'server',
  'sealed-tables.ts': 'server',
  'sweeps.ts': 'server',
  'open-database.ts': 'server',
  'main.ts': 'main',
  'program.ts': 'main',
}

const sources = new URL('../src/', import.meta.url)

/** The room of a path below src/, such as `users/user.ts`. */
function roomOf(path: string): string | undefined {
  const [first = ''] = path.split('/')
  return path.includes('/') ? first : filesOfRooms[first]
}

/** What a file imports from, in whatever form. Biome's formatting keeps a declaration's start at the start of a line. */
function importsOf(text: string): string[] {
  const declarations = /^(?:import|export)\s[^'"`=;]*?\bfrom\s+['"]([^'"]+)['"]/gm
  const bare = /^import\s+['"]([^'"]+)['"]/gm
  const calls = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
  return [declarations, bare, calls].flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))
}

function violationsOf(path: string): string[] {
  const room = roomOf(path)
  if (room === undefined || !rooms.includes(room)) return [`src/${path} belongs to no room of scripts/module-order.ts`]
  const found: string[] = []
  for (const specifier of importsOf(readFileSync(new URL(path, sources), 'utf8'))) {
    if (!specifier.startsWith('.')) continue
    const target = posix.join(posix.dirname(path), specifier)
    // What lies outside src/ is no room; types of the generated contract lie inside.
    if (target.startsWith('../')) continue
    const targetRoom = roomOf(target)
    if (targetRoom === undefined || rooms.indexOf(targetRoom) > rooms.indexOf(room)) {
      found.push(`src/${path} (room ${room}) imports src/${target} (room ${targetRoom ?? 'unknown'}), which comes later`)
    }
  }
  return found
}

const violations = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .flatMap(violationsOf)
for (const violation of violations) console.error(violation)
process.exitCode = violations.length === 0 ? 0 : 1
