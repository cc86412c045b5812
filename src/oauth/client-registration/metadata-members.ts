import { OAuthError } from '../oauth-error.ts'

/** The metadata of a client (RFC 7591 §2), as parsed from JSON. */
export type SentMetadata = Readonly<Record<string, unknown>>

/** The error for metadata that are wrong. `description` never quotes what the client sent. */
export const invalidMetadata = (description: string): OAuthError => new OAuthError('invalid_client_metadata', { description })

/** A text member. A member that is `null` counts as left out (RFC 7592 §2.2). */
export function textIn(sent: SentMetadata, name: string, longest: number): string | undefined {
  const value = sent[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '' || value.length > longest) {
    throw invalidMetadata(`${name} must be a text of 1 to ${longest} characters`)
  }
  return value
}

export function textsIn(sent: SentMetadata, name: string, most: number, longest: number): readonly string[] | undefined {
  const value = sent[name] ?? undefined
  if (value === undefined) return undefined
  const isTexts = Array.isArray(value) && value.every((text) => typeof text === 'string' && text !== '' && text.length <= longest)
  if (!isTexts || value.length > most) {
    throw invalidMetadata(`${name} must be a list of at most ${most} texts of 1 to ${longest} characters`)
  }
  return [...new Set(value as string[])]
}

export function booleanIn(sent: SentMetadata, name: string): boolean | undefined {
  const value = sent[name] ?? undefined
  if (value !== undefined && typeof value !== 'boolean') throw invalidMetadata(`${name} must be true or false`)
  return value
}

/** One of the values, or `otherwise` when the member is left out. */
export function choiceIn<Value extends string>(sent: SentMetadata, name: string, values: readonly Value[], otherwise: Value): Value {
  const value = sent[name] ?? otherwise
  if (!values.includes(value as Value)) throw invalidMetadata(`${name} must be one of: ${values.join(', ')}`)
  return value as Value
}
