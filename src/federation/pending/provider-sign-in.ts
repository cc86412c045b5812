import { randomBytes } from 'node:crypto'
import { minuteMs } from '../../base/durations.ts'
import type { FreshnessWish } from '../fresh-sign-in.ts'
import type { ProviderProof } from '../provider.ts'

/** A sign-in that waits for the answer of an identity provider. It can be answered once, and only in the browser that began it. */
export type ProviderSignIn<Details = ProviderSignInDetails> = {
  readonly poolId: string
  /** SHA-256 of the state. */
  readonly id: string
  readonly clientId: string
  readonly details: Details
  /** The parameters of the provider's answer, form-encoded, if it came as a form. Null until then. */
  readonly answer: string | null
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export type ProviderSignInDetails = {
  readonly providerName: string
  /** The query of the authorization request of the app. */
  readonly query: string
  /** SHA-256 of the token that the browser keeps. */
  readonly browser: string
  readonly proof: ProviderProof
  /** Undefined where any sign-in will do, and in rows of earlier releases. */
  readonly freshness?: FreshnessWish | undefined
}

/** As long as at Cognito. */
export const providerSignInMs = 5 * minuteMs

/** The `state` parameter for the provider. It begins with the app client's id, which tells the pool. The rest is random. */
export const newState = (clientId: string): string => `${clientId}.${randomBytes(32).toString('base64url')}`

/** The app client in a state. Undefined for a text of another form. */
export const clientIdIn = (state: string): string | undefined => /^([\w+]{1,128})\.[\w-]{43}$/.exec(state)?.[1]
