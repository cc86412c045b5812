import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isObject } from '../../base/is-object.ts'
import { checkOutboundUrl, OutboundError } from '../../base/outbound-http.ts'
import { readWebhookSecret, webhookSecretForm } from '../../base/webhook-signature.ts'
import { readJsonFile, SettingsError } from '../../settings.ts'

/** Where a function runs, and which pools may use it. */
export type FunctionEntry = FunctionLocation & {
  /** Ids of the pools that may use the function; undefined when all pools may. */
  readonly pools?: ReadonlySet<string> | undefined
}

type FunctionLocation =
  | { readonly kind: 'module'; readonly path: string; readonly concurrency: number; readonly memoryMegabytes: number }
  /** The HTTP endpoint of the function. `{functionName}` in the URL is replaced by the name of the function. */
  | { readonly kind: 'url'; readonly url: string; readonly secret: Buffer | undefined }
  | { readonly kind: 'lambda'; readonly region: string | undefined; readonly endpoint: string | undefined }

/** The key of the entry for every function that has no entry of its own. */
export const wildcard = '*'

export const moduleDefaults = { concurrency: 8, memoryMegabytes: 128 } as const

type Json = Readonly<Record<string, unknown>>
/** Makes the error for a wrong entry. `problem` is the rest of a sentence that begins with the name of the function. */
type EntryError = (problem: string) => SettingsError

/**
 * The entries of the file that `--functions-file` names, by function name.
 * @throws SettingsError when the file cannot be read, or an entry is wrong.
 */
export function readFunctionsFile(file: string): ReadonlyMap<string, FunctionEntry> {
  const content = readJsonFile('--functions-file', file)
  if (!isObject(content)) throw new SettingsError(`--functions-file: ${file} must hold one JSON object with an entry for each function.`)
  return new Map(
    Object.entries(content).map(([name, entry]) => {
      const entryError: EntryError = (problem) => new SettingsError(`--functions-file: ${file}: "${name}" ${problem}.`)
      return [name, readEntry(entry, dirname(resolve(file)), entryError)]
    }),
  )
}

const membersOf = {
  module: ['module', 'concurrency', 'memoryMegabytes', 'pools'],
  url: ['url', 'secret', 'pools'],
  lambda: ['lambda', 'pools'],
} as const

function readEntry(entry: unknown, folder: string, entryError: EntryError): FunctionEntry {
  if (!isObject(entry)) throw entryError('must be an object with one of module, url and lambda')
  const kinds = Object.keys(membersOf).filter((kind) => Object.hasOwn(entry, kind)) as (keyof typeof membersOf)[]
  const [kind, second] = kinds
  if (kind === undefined) throw entryError('does not say where the function runs: add one of module, url and lambda')
  if (second !== undefined) throw entryError(`has both ${kind} and ${second}: remove one of them`)
  requireKnown(entry, membersOf[kind], entryError)
  return { ...readLocation(kind, entry, folder, entryError), pools: readPools(entry['pools'], entryError) }
}

function readLocation(kind: keyof typeof membersOf, entry: Json, folder: string, entryError: EntryError): FunctionLocation {
  switch (kind) {
    case 'module':
      return readModule(entry, folder, entryError)
    case 'url':
      return { kind, url: readUrl(entry['url'], 'url', entryError), secret: readSecret(entry['secret'], entryError) }
    case 'lambda':
      return readLambda(entry['lambda'], entryError)
  }
}

function requireKnown(object: Json, known: readonly string[], entryError: EntryError, prefix = ''): void {
  const unknown = Object.keys(object).find((member) => !known.includes(member))
  if (unknown !== undefined) throw entryError(`has the unknown member ${prefix}${unknown}; the members are ${known.join(', ')}`)
}

function readPools(value: unknown, entryError: EntryError): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined
  const ids = Array.isArray(value) ? value.filter((id) => typeof id === 'string' && id.includes('_')) : []
  if (!Array.isArray(value) || ids.length < value.length) throw entryError('has pools that are not a list of pool ids')
  return new Set(ids)
}

function readModule(entry: Json, folder: string, entryError: EntryError): FunctionLocation {
  const { module } = entry
  if (typeof module !== 'string' || module === '') throw entryError('has a module that is not a path')
  const path = resolve(folder, module)
  if (!isFile(path)) throw entryError(`has a module that is not a file: ${path}`)
  return {
    kind: 'module',
    path,
    concurrency: readCount(entry, 'concurrency', entryError),
    memoryMegabytes: readCount(entry, 'memoryMegabytes', entryError),
  }
}

const countRanges = { concurrency: { min: 1, max: 1000 }, memoryMegabytes: { min: 16, max: 10_240 } } as const

function readCount(entry: Json, name: keyof typeof countRanges, entryError: EntryError): number {
  const { [name]: value = moduleDefaults[name] } = entry
  const { min, max } = countRanges[name]
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw entryError(`has a ${name} that is not a whole number from ${min} to ${max}`)
}

function readUrl(value: unknown, name: string, entryError: EntryError): string {
  if (typeof value !== 'string') throw entryError(`has a ${name} that is not text`)
  try {
    checkOutboundUrl(value, { allowPrivate: true })
    return value
  } catch (error) {
    if (error instanceof OutboundError) throw entryError(`has a ${name} that cannot be used: ${error.message}`)
    throw error
  }
}

function readSecret(value: unknown, entryError: EntryError): Buffer | undefined {
  if (value === undefined) return undefined
  const secret = typeof value === 'string' ? readWebhookSecret(value) : undefined
  if (secret === undefined) throw entryError(`has a secret that is not ${webhookSecretForm}`)
  return secret
}

function readLambda(value: unknown, entryError: EntryError): FunctionLocation {
  if (!isObject(value)) throw entryError('has a lambda that is not an object; write {} for the defaults')
  requireKnown(value, ['region', 'endpoint'], entryError, 'lambda.')
  const { region, endpoint } = value
  if (region !== undefined && (typeof region !== 'string' || !/^[a-z0-9-]+$/.test(region)))
    throw entryError('has a lambda.region that is not the name of a region')
  return { kind: 'lambda', region, endpoint: endpoint === undefined ? undefined : readUrl(endpoint, 'lambda.endpoint', entryError) }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
