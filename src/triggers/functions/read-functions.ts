import { readFileSync } from 'node:fs'
import { SettingsError } from '../../settings.ts'
import type { Functions, TriggerFunction } from './function.ts'
import { createHttpFunction } from './http-function.ts'

/** How a function's entry in the functions file says where it runs. */
type Entry = { readonly url: string; readonly secret?: string }

/** The name that stands for every function that is not named. */
const anyName = '*'
const namePlace = '{functionName}'

/** The functions of the file that `--functions-file` names. Throws SettingsError. */
export function readFunctions(path: string | undefined): Functions {
  const entries = path === undefined ? {} : readFile(path)
  const made = new Map<string, TriggerFunction>()
  return {
    find(name) {
      const known = made.get(name)
      if (known !== undefined) return known
      const entry = Object.hasOwn(entries, name) ? entries[name] : entries[anyName]
      if (entry === undefined) return undefined
      const created = createHttpFunction({ url: entry.url.replace(namePlace, encodeURIComponent(name)), secret: readSecret(entry.secret) })
      made.set(name, created)
      return created
    },
    async close() {},
  }
}

/** A secret in the form of the Standard Webhooks specification: base64 behind `whsec_`. */
function readSecret(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text.replace(/^whsec_/, ''), 'base64')
}

function readFile(path: string): Readonly<Record<string, Entry>> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, Entry>
  } catch (error) {
    throw new SettingsError(`--functions-file: ${path} cannot be read as JSON (${(error as Error).message}).`)
  }
}
