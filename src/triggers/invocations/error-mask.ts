import { isObject } from '../../base/is-object.ts'
import { isScalar, isSecret, mask, secretMaps } from './mask-secrets.ts'

/** Masks in what a failure says the secrets of what was asked and answered: functions quote them. */
export type ErrorMask = {
  text(text: string): string
  /** A copy of the error, its stack and its causes. */
  error(error: unknown): unknown
}

/** More of them are hardly told from the rest of a text, which then is masked as a whole. */
const mostSecrets = 1000

/** Shorter secrets are masked as words of their own only, or a text would be masked to pieces. */
const longEnough = 4

export function createErrorMask(...values: readonly unknown[]): ErrorMask {
  const secrets = secretsIn(values)
  // The longest first: one may be a part of another.
  const spellings = [...secrets].flatMap(spellingsOf).sort((one, other) => other.length - one.length)

  function maskText(text: string): string {
    if (secrets.size > mostSecrets) return mask
    return spellings.reduce(maskSpelling, text)
  }

  function maskError(error: unknown): unknown {
    if (typeof error === 'string') return maskText(error)
    if (!(error instanceof Error)) return error
    const copy = new Error(maskText(error.message), error.cause === undefined ? undefined : { cause: maskError(error.cause) })
    const { code } = error as NodeJS.ErrnoException
    return Object.assign(copy, { name: error.name, stack: maskText(error.stack ?? ''), ...(code !== undefined && { code }) })
  }

  return { text: maskText, error: maskError }
}

type Found = { readonly value: unknown; readonly secret: boolean /** Everything below is secret, too. */; readonly whole: boolean }

/** The values that are masked where the event and the answer are kept. Not recursive, because functions may nest an answer deeper than the stack. */
function secretsIn(values: readonly unknown[]): ReadonlySet<string> {
  const secrets = new Set<string>()
  const waiting: Found[] = values.map((value) => ({ value, secret: false, whole: false }))
  for (let next = waiting.pop(); next !== undefined && secrets.size <= mostSecrets; next = waiting.pop()) {
    const { value, secret, whole } = next
    if (Array.isArray(value)) for (const member of value) waiting.push({ value: member, secret: whole, whole })
    else if (isObject(value)) for (const [name, member] of Object.entries(value)) waiting.push(memberOf(name, member, whole))
    else if (secret && isScalar(value) && typeof value !== 'boolean') secrets.add(String(value))
  }
  secrets.delete('')
  secrets.delete(mask)
  return secrets
}

function memberOf(name: string, value: unknown, inWhole: boolean): Found {
  const whole = inWhole || (secretMaps.has(name) && isObject(value))
  return { value, secret: whole || isSecret(name), whole }
}

/** As it is, as JSON writes it, and as in a URL. */
function spellingsOf(secret: string): string[] {
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())])]
}

function maskSpelling(text: string, spelling: string): string {
  if (spelling.length >= longEnough) return text.replaceAll(spelling, mask)
  return text.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}])${spelling.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'gu'), mask)
}
