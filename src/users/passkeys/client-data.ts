import type { RelyingParty } from './relying-party.ts'

/** What the browser has signed beside the authenticator's own words (Web Authentication §5.8.1). */
export type ClientData = {
  readonly type: string
  /** Base64url. */
  readonly challenge: string
  readonly origin: string
  /** Whether the page stood in a frame of a page from elsewhere. */
  readonly crossOrigin: boolean
}

/** Undefined when it is not what a browser writes. */
export function readClientData(base64url: unknown): ClientData | undefined {
  if (typeof base64url !== 'string') return undefined
  const content = parse(Buffer.from(base64url, 'base64url').toString())
  if (typeof content !== 'object' || content === null) return undefined
  const { type, challenge, origin, crossOrigin } = content as Readonly<Record<string, unknown>>
  if (typeof type !== 'string' || typeof challenge !== 'string' || typeof origin !== 'string') return undefined
  return { type, challenge, origin, crossOrigin: crossOrigin === true }
}

/** Whether a page of the relying party asked. One inside somebody else's frame may look like a part of it, and does not count. */
export function isFromPageOf(relyingParty: RelyingParty, { origin, crossOrigin }: ClientData): boolean {
  return !crossOrigin && relyingParty.allowsOrigin(origin)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
