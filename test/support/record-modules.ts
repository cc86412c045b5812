import { writeFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { indexFile, type ModuleIndex, sourcesFile } from './module-cache.ts'

/* Loaded before warm-up.ts. Writes down which modules Node finds and loads, for module-cache.ts. */

const resolved: Record<string, Record<string, readonly [string, string | null]>> = {}
const texts = new Map<string, string>()

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    const { parentURL } = context
    if (parentURL !== undefined && found.url.startsWith('file:') && context.conditions.includes('import')) {
      const imports = resolved[parentURL] ?? {}
      imports[specifier] = [found.url, found.format ?? null]
      resolved[parentURL] = imports
    }
    return found
  },
  load(url, context, next) {
    const loaded = next(url, context)
    if (loaded.format === 'module-typescript') texts.set(url, stripTypeScriptTypes(String(loaded.source)))
    else if (loaded.format === 'module') texts.set(url, String(loaded.source))
    return loaded
  },
})

process.on('exit', () => {
  const folder = process.env['NODE_COMPILE_CACHE'] ?? ''
  const sources: Record<string, readonly [number, number]> = {}
  const parts: Buffer[] = []
  let start = 0
  for (const [url, text] of texts) {
    const part = Buffer.from(text)
    parts.push(part)
    sources[url] = [start, start + part.length]
    start += part.length
  }
  writeFileSync(join(folder, sourcesFile), Buffer.concat(parts))
  writeFileSync(join(folder, indexFile), JSON.stringify({ resolved, sources } satisfies ModuleIndex))
})
