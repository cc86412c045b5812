import type { RelyingParty } from './relying-party.ts'

/** The browser's part of what the authenticator signs (Web Authentication §5.8.1). */
export type ClientData = {
  readonly type: string
  /** Base64url. */
  readonly challenge: string
  readonly origin: string
  /** Whether the page was in a frame of a page of another origin. */
  readonly crossOrigin: boolean
}

/** Undefined when the text does not have the form that browsers write. */
export function readClientData(base64url: unknown): ClientData | undefined {
  if (typeof base64url !== 'string') return undefined
  const { type, challenge, origin, crossOrigin } = parseRecord(Buffer.from(base64url, 'base64url').toString())
  if (typeof type !== 'string' || typeof challenge !== 'string' || typeof origin !== 'string') return undefined
  return { type, challenge, origin, crossOrigin: crossOrigin === true }
}

/**
 * Whether the request came from a page of the relying party that was not in a frame of another origin's page. A page in such a frame is
 * refused, because the page around the frame could pass the request off as its own.
 */
export function isFromPageOf(relyingParty: RelyingParty, { origin, crossOrigin }: ClientData): boolean {
  return !crossOrigin && relyingParty.allowsOrigin(origin)
}

/** The object in a JSON text. An empty object when the text is not a JSON object. */
export function parseRecord(json: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(json))
  } catch {
    return {}
  }
}

export const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
