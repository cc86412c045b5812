import type { Secrets } from '../base/secrets.ts'
import type { AuthMethod } from './assurance.ts'

/** The content of a refresh token. It is sealed: only this installation can read or make one. */
export type RefreshToken = {
  readonly poolId: string
  readonly clientId: string
  readonly sub: string
  readonly sessionId: string
  readonly originJti: string
  /** When the user was authenticated, in epoch seconds. */
  readonly authTime: number
  /** Epoch milliseconds; rotation does not move it. */
  readonly expiresAt: number
  readonly generation: number
  /** How the user was authenticated; undefined where tokens do not say it. All tokens issued from this refresh token say the same. */
  readonly methods?: readonly AuthMethod[] | undefined
}

/**
 * Secret scanners can recognise a token by this prefix. It also keeps a token from starting with a dash, which a command line takes for an
 * option.
 */
const prefix = 'lgr_'

/**
 * Version 1 of the format of a refresh token, the only one so far: an array without a version number. Refresh tokens live for up to ten
 * years, so this format has to be read for ever. The array can grow at its end, because an older server ignores further elements.
 *
 * Do not write another format in the first release that can read it. During a rolling upgrade the servers of the previous release would
 * refuse such tokens, and clients would sign their users out. See docs/decisions/0011-sealed-values-carry-a-version.md.
 */
type FixedMembers = readonly [string, string, string, string, string, number, number, number]
type ArrayForm = FixedMembers | readonly [...FixedMembers, readonly AuthMethod[]]

export function writeRefreshToken(secrets: Secrets, token: RefreshToken): string {
  const fixed: FixedMembers = [
    token.poolId,
    token.clientId,
    token.sub,
    token.sessionId,
    token.originJti,
    token.authTime,
    token.expiresAt,
    token.generation,
  ]
  const content: ArrayForm = token.methods === undefined ? fixed : [...fixed, token.methods]
  return prefix + secrets.seal('refresh-token', JSON.stringify(content))
}

/** Undefined when this installation did not make the token, or a later release made it in a format that this release does not know. */
export function readRefreshToken(secrets: Secrets, text: string): RefreshToken | undefined {
  const opened = text.startsWith(prefix) ? secrets.open('refresh-token', text.slice(prefix.length)) : undefined
  if (opened === undefined) return undefined
  const content: unknown = JSON.parse(opened.toString())
  if (!Array.isArray(content)) return undefined
  const [poolId, clientId, sub, sessionId, originJti, authTime, expiresAt, generation, methods] = content as unknown as ArrayForm
  return { poolId, clientId, sub, sessionId, originJti, authTime, expiresAt, generation, methods }
}
