import { hash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { isSame, type Json, type Settings, textOf } from './json.ts'

/** A step from a value into one of its members or entries. */
export type Path = readonly (string | number)[]

/** A file that was read. Its references are resolved. */
export type PoolFile = {
  readonly name: string
  readonly content: Settings
  /** The line, counted from one, on which the value of a path begins; that of the innermost value that exists. */
  lineOf(path: Path): number
  /** The texts that came by reference. They are never shown. */
  readonly secrets: ReadonlySet<string>
  /** Digests of the file and of the files that it refers to, by path. */
  readonly digests: ReadonlyMap<string, string>
}

/** Something is wrong in a file. The message names the file, the line and the path. */
export class PoolFileError extends Error {
  override readonly name = 'PoolFileError'
}

/** The form of an error in a file: `pools.yaml:12: UserPools[0].PoolName: …`. */
export function fileError(file: Pick<PoolFile, 'name' | 'lineOf'>, path: Path, message: string): PoolFileError {
  const place = pathText(path)
  return new PoolFileError(`${file.name}:${file.lineOf(path)}: ${place === '' ? '' : `${place}: `}${message}`)
}

export function pathText(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')
}

const extensions = ['.yaml', '.yml', '.json']
const largestFile = 16 * 1024 * 1024

/**
 * Reads a file, or the files of a folder in the order of their names. JSON is read as YAML, which contains it.
 * @throws PoolFileError when a file cannot be read, is not YAML, or names something that does not exist
 */
export function readPoolFiles(place: string, env: Readonly<Record<string, string | undefined>>): readonly PoolFile[] {
  return filesOf(place).map((name) => readPoolFile(name, env))
}

/** Whether the place has these files still, and they and the files that they refer to have the same content. */
export function areUnchanged(place: string, files: readonly Pick<PoolFile, 'name' | 'digests'>[]): boolean {
  try {
    const names = filesOf(place)
    const isUnchanged = ([path, digest]: readonly [string, string]) => digestOf(readFileSync(path)) === digest
    return (
      isSame(
        names,
        files.map(({ name }) => name),
      ) && files.every(({ digests }) => [...digests].every(isUnchanged))
    )
  } catch {
    return false
  }
}

const digestOf = (content: Buffer): string => hash('sha256', content)

function filesOf(place: string): readonly string[] {
  if (!statOf(place).isDirectory()) return [place]
  const names = readdirSync(place).filter((name) => extensions.includes(extname(name)))
  if (names.length === 0) throw new PoolFileError(`${place}: the folder has no file with the ending .yaml, .yml or .json.`)
  return names.sort().map((name) => join(place, name))
}

function statOf(place: string) {
  try {
    return statSync(place)
  } catch (error) {
    throw unreadable(place, error)
  }
}

function unreadable(place: string, error: unknown): PoolFileError {
  return new PoolFileError(`${place} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
}

function readPoolFile(name: string, env: Readonly<Record<string, string | undefined>>): PoolFile {
  const lines = new LineCounter()
  const digests = new Map<string, string>()
  const document = parseDocument(readText(name, digests), { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const lineOf = (path: Path) => lines.linePos(offsetOf(document.contents, path)).line
  const [problem] = document.errors
  if (problem !== undefined) throw new PoolFileError(`${name}:${lines.linePos(problem.pos[0]).line}: ${problem.message}`)
  const place = { name, lineOf }
  const content = parsedValue(() => document.toJS({ maxAliasCount: 100 }), place)
  const secrets = new Set<string>()
  const resolved = resolveReferences(content ?? {}, [], { place, folder: dirname(resolve(name)), env, secrets, digests })
  if (typeof resolved !== 'object' || resolved === null || Array.isArray(resolved)) {
    throw fileError(place, [], 'the file must be an object with the sections UserPools, IdentityPools or Roles.')
  }
  return { ...place, content: resolved as Settings, secrets, digests }
}

function readText(name: string, digests: Map<string, string>): string {
  try {
    if (statSync(name).size > largestFile) throw new PoolFileError(`${name} is larger than ${largestFile / 1024 / 1024} MiB.`)
    const content = readFileSync(name)
    digests.set(name, digestOf(content))
    return content.toString('utf8')
  } catch (error) {
    throw error instanceof PoolFileError ? error : unreadable(name, error)
  }
}

/** The aliases of YAML can make a small file a huge value, so their number is limited. */
function parsedValue(read: () => Json, place: Pick<PoolFile, 'name' | 'lineOf'>): Json {
  try {
    return read()
  } catch (error) {
    throw fileError(place, [], (error as Error).message)
  }
}

/** Where the value of the path begins in the text. */
function offsetOf(root: unknown, path: Path): number {
  let offset = 0
  let node = root as Node | null
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (pair === undefined) return offset
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value as Node | null
    } else if (isSeq(node)) {
      node = (node.items[Number(step)] as Node | undefined) ?? null
      offset = node?.range?.[0] ?? offset
    } else return offset
  }
  return offset
}

type Resolving = {
  readonly place: Pick<PoolFile, 'name' | 'lineOf'>
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly secrets: Set<string>
  readonly digests: Map<string, string>
}

function resolveReferences(value: Json, path: Path, resolving: Resolving): Json {
  if (typeof value === 'string') return resolveReference(value, path, resolving)
  if (Array.isArray(value)) return value.map((entry, index) => resolveReferences(entry, [...path, index], resolving))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as Settings)
  return Object.fromEntries(entries.map(([name, entry]) => [name, resolveReferences(entry, [...path, name], resolving)]))
}

/** Members whose value is bytes, which the API takes in Base64. */
const bytes = new Set(['Bytes', 'ImageFile'])

function resolveReference(value: string, path: Path, { place, folder, env, secrets, digests }: Resolving): string {
  const [, kind, name = ''] = /^(env|file|text):(.*)$/s.exec(value) ?? []
  if (kind === undefined) return value
  if (kind === 'text') return name
  if (kind === 'env') {
    const found = env[name]
    if (found === undefined) throw fileError(place, path, `the environment variable ${name} is not set.`)
    secrets.add(found)
    return found
  }
  try {
    const content = readFileSync(resolve(folder, name))
    digests.set(resolve(folder, name), digestOf(content))
    if (bytes.has(textOf(path.at(-1) as Json) ?? '')) return content.toString('base64')
    const text = content.toString('utf8').replace(/\r?\n$/, '')
    secrets.add(text)
    return text
  } catch (error) {
    throw fileError(place, path, `the file ${name} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}
