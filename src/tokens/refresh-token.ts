import type { Secrets } from '../base/secrets.ts'
import type { AuthMethod } from './assurance.ts'

/** What a refresh token says. It is sealed: only this installation can read or make one. */
export type RefreshToken = {
  readonly poolId: string
  readonly clientId: string
  readonly sub: string
  readonly sessionId: string
  readonly originJti: string
  /** When the user proved who they are, in epoch seconds. */
  readonly authTime: number
  /** Epoch milliseconds; rotation does not move it. */
  readonly expiresAt: number
  readonly generation: number
  /** How the user proved who they are, where tokens tell; every token that comes of this one tells the same. */
  readonly methods?: readonly AuthMethod[] | undefined
}

/** Lets secret scanners recognise one, and keeps it from beginning with a dash, which command lines take for an option. */
const prefix = 'lgr_'

type Plain = readonly [string, string, string, string, string, number, number, number]
type Sealed = Plain | readonly [...Plain, readonly AuthMethod[]]

export function writeRefreshToken(secrets: Secrets, token: RefreshToken): string {
  const plain: Plain = [
    token.poolId,
    token.clientId,
    token.sub,
    token.sessionId,
    token.originJti,
    token.authTime,
    token.expiresAt,
    token.generation,
  ]
  const content: Sealed = token.methods === undefined ? plain : [...plain, token.methods]
  return prefix + secrets.seal('refresh-token', JSON.stringify(content))
}

/** Undefined when this installation did not make it. */
export function readRefreshToken(secrets: Secrets, text: string): RefreshToken | undefined {
  const content = text.startsWith(prefix) ? secrets.open('refresh-token', text.slice(prefix.length)) : undefined
  if (content === undefined) return undefined
  const [poolId, clientId, sub, sessionId, originJti, authTime, expiresAt, generation, methods] = JSON.parse(content.toString()) as Sealed
  return { poolId, clientId, sub, sessionId, originJti, authTime, expiresAt, generation, methods }
}
