import { isObject } from '../../base/is-object.ts'
import { mostCauses } from '../../base/logger.ts'
import { isScalar, isSecretName, mask, secretMaps } from './mask-secrets.ts'

/** Masks the secrets of an event and an answer in error messages, because functions may quote secrets in their errors. */
export type ErrorMask = {
  text(text: string): string
  /** A masked copy of the error, with its stack and its causes. */
  error(error: unknown): unknown
}

/** When an event and its answer have more secrets than this, every text is replaced by the mask as a whole. */
const maxSecrets = 1000

/** Secrets with fewer characters than this are masked only where they are whole words. Otherwise they would mask parts of other words. */
const minLengthInsideWords = 4

/** `others` are texts that are masked as well. */
export function createErrorMask(values: readonly unknown[], others: readonly string[] = []): ErrorMask {
  const secrets = new Set([...secretsIn(values), ...others])
  // The longest first, because one secret may be part of another.
  const spellings = [...secrets].flatMap(spellingsOf).sort((one, other) => other.length - one.length)

  function maskText(text: string): string {
    if (secrets.size > maxSecrets) return mask
    return spellings.reduce(maskSpelling, text)
  }

  function maskError(error: unknown, depth = 0): unknown {
    if (typeof error === 'string') return maskText(error)
    if (!(error instanceof Error)) return error
    const { name, message, stack, code, cause } = error as NodeJS.ErrnoException
    const hasCause = cause !== undefined && depth < mostCauses
    const copy = new Error(maskText(String(message)), hasCause ? { cause: maskError(cause, depth + 1) } : undefined)
    const masked = { name: maskText(String(name)), stack: maskText(typeof stack === 'string' ? stack : '') }
    return Object.assign(copy, masked, code !== undefined && { code: maskText(String(code)) })
  }

  return { text: maskText, error: (error) => maskError(error) }
}

type Member = {
  readonly value: unknown
  readonly isSecret: boolean
  /** Whether every value inside `value` is secret, whatever the names of the members are. */
  readonly isSecretMap: boolean
}

/** The values that `maskSecrets` would mask. Not recursive, because functions may nest an answer deeper than the stack. */
function secretsIn(values: readonly unknown[]): ReadonlySet<string> {
  const secrets = new Set<string>()
  const waiting: Member[] = values.map((value) => ({ value, isSecret: false, isSecretMap: false }))
  for (let next = waiting.pop(); next !== undefined && secrets.size <= maxSecrets; next = waiting.pop()) {
    const { value, isSecretMap } = next
    if (Array.isArray(value)) for (const member of value) waiting.push({ value: member, isSecret: isSecretMap, isSecretMap })
    else if (isObject(value)) for (const [name, member] of Object.entries(value)) waiting.push(memberOf(name, member, isSecretMap))
    else if (next.isSecret && isScalar(value) && typeof value !== 'boolean') secrets.add(String(value))
  }
  secrets.delete('')
  secrets.delete(mask)
  return secrets
}

function memberOf(name: string, value: unknown, inSecretMap: boolean): Member {
  const isSecretMap = inSecretMap || (secretMaps.has(name) && isObject(value))
  return { value, isSecret: isSecretMap || isSecretName(name), isSecretMap }
}

/** The texts in which an error may quote the secret: as it is, as JSON writes it, and as a URL writes it. */
function spellingsOf(secret: string): string[] {
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())])]
}

function maskSpelling(text: string, spelling: string): string {
  if (spelling.length >= minLengthInsideWords) return text.replaceAll(spelling, mask)
  return text.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}])${spelling.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'gu'), mask)
}
