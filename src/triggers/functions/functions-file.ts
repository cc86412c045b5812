import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isObject } from '../../base/is-object.ts'
import { checkOutboundUrl, OutboundError } from '../../base/outbound-http.ts'
import { readJsonFile, SettingsError } from '../../settings.ts'

/** Where a function runs, and for whom. */
export type FunctionEntry = FunctionPlace & {
  /** Ids of the pools that may use it; undefined for all. */
  readonly pools?: ReadonlySet<string> | undefined
}

type FunctionPlace =
  | { readonly kind: 'module'; readonly path: string; readonly concurrency: number; readonly memoryMegabytes: number }
  /** `{functionName}` in the URL stands for the name. */
  | { readonly kind: 'url'; readonly url: string; readonly secret: Buffer | undefined }
  | { readonly kind: 'lambda'; readonly region: string | undefined; readonly endpoint: string | undefined }

/** The name that stands for every function that is not named. */
export const anyName = '*'

export const moduleDefaults = { concurrency: 8, memoryMegabytes: 128 } as const

type Json = Readonly<Record<string, unknown>>
type Refuse = (problem: string) => SettingsError

/** The entries of the file that `--functions-file` names, by function. Throws SettingsError. */
export function readFunctionsFile(file: string): ReadonlyMap<string, FunctionEntry> {
  const content = readJsonFile('--functions-file', file)
  if (!isObject(content)) throw new SettingsError(`--functions-file: ${file} must hold one JSON object with an entry for each function.`)
  return new Map(
    Object.entries(content).map(([name, entry]) => {
      const refuse: Refuse = (problem) => new SettingsError(`--functions-file: ${file}: "${name}" ${problem}.`)
      return [name, readEntry(entry, dirname(resolve(file)), refuse)]
    }),
  )
}

const membersOf = {
  module: ['module', 'concurrency', 'memoryMegabytes', 'pools'],
  url: ['url', 'secret', 'pools'],
  lambda: ['lambda', 'pools'],
} as const

function readEntry(entry: unknown, folder: string, refuse: Refuse): FunctionEntry {
  if (!isObject(entry)) throw refuse('must be an object with one of module, url and lambda')
  const kinds = Object.keys(membersOf).filter((kind) => Object.hasOwn(entry, kind)) as (keyof typeof membersOf)[]
  const [kind, second] = kinds
  if (kind === undefined) throw refuse('says nowhere to run: give it one of module, url and lambda')
  if (second !== undefined) throw refuse(`has both ${kind} and ${second}; a function runs in one place`)
  requireKnown(entry, membersOf[kind], refuse)
  return { ...readPlace(kind, entry, folder, refuse), pools: readPools(entry['pools'], refuse) }
}

function readPlace(kind: keyof typeof membersOf, entry: Json, folder: string, refuse: Refuse): FunctionPlace {
  switch (kind) {
    case 'module':
      return readModule(entry, folder, refuse)
    case 'url':
      return { kind, url: readUrl(entry['url'], 'url', refuse), secret: readSecret(entry['secret'], refuse) }
    case 'lambda':
      return readLambda(entry['lambda'], refuse)
  }
}

function requireKnown(object: Json, known: readonly string[], refuse: Refuse, where = ''): void {
  const unknown = Object.keys(object).find((member) => !known.includes(member))
  if (unknown !== undefined) throw refuse(`has the unknown member ${where}${unknown}; there are ${known.join(', ')}`)
}

function readPools(value: unknown, refuse: Refuse): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined
  const ids = Array.isArray(value) ? value.filter((id) => typeof id === 'string' && id.includes('_')) : []
  if (!Array.isArray(value) || ids.length < value.length) throw refuse('has pools that are no list of pool ids')
  return new Set(ids)
}

function readModule(entry: Json, folder: string, refuse: Refuse): FunctionPlace {
  const { module, concurrency = moduleDefaults.concurrency, memoryMegabytes = moduleDefaults.memoryMegabytes } = entry
  if (typeof module !== 'string' || module === '') throw refuse('has a module that is no path')
  const path = resolve(folder, module)
  if (!isFile(path)) throw refuse(`has a module that is no file: ${path}`)
  return {
    kind: 'module',
    path,
    concurrency: readCount(concurrency, 'concurrency', 1, 1000, refuse),
    memoryMegabytes: readCount(memoryMegabytes, 'memoryMegabytes', 16, 10_240, refuse),
  }
}

function readCount(value: unknown, name: string, min: number, max: number, refuse: Refuse): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw refuse(`has a ${name} that is not a whole number from ${min} to ${max}`)
}

function readUrl(value: unknown, name: string, refuse: Refuse): string {
  if (typeof value !== 'string') throw refuse(`has a ${name} that is no text`)
  try {
    checkOutboundUrl(value, { allowPrivate: true })
    return value
  } catch (error) {
    if (error instanceof OutboundError) throw refuse(`has a ${name} that cannot be used: ${error.message}`)
    throw error
  }
}

/** In the form of the Standard Webhooks specification: base64 of 24 to 64 bytes, behind `whsec_`. */
function readSecret(value: unknown, refuse: Refuse): Buffer | undefined {
  if (value === undefined) return undefined
  const text = typeof value === 'string' ? value.replace(/^whsec_/, '') : ''
  const secret = Buffer.from(text, 'base64')
  // Back in the form it came in, since Node passes over what is no base64.
  if (secret.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '') || secret.length < 24 || secret.length > 64) {
    throw refuse('has a secret that is not the base64 form of 24 to 64 bytes; make one with: echo whsec_$(openssl rand -base64 32)')
  }
  return secret
}

function readLambda(value: unknown, refuse: Refuse): FunctionPlace {
  if (!isObject(value)) throw refuse('has a lambda that is no object; {} will do')
  requireKnown(value, ['region', 'endpoint'], refuse, 'lambda.')
  const { region, endpoint } = value
  if (region !== undefined && (typeof region !== 'string' || !/^[a-z0-9-]+$/.test(region))) throw refuse('has a lambda.region that is none')
  return { kind: 'lambda', region, endpoint: endpoint === undefined ? undefined : readUrl(endpoint, 'lambda.endpoint', refuse) }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
