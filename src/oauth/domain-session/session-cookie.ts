import type { Secrets } from '../../base/secrets.ts'
import type { ProviderSession } from '../../federation/provider-session.ts'
import type { AuthMethod } from '../../tokens/assurance.ts'

/**
 * The session of a user of a browser with the hosted pages of a pool. All app clients of the pool share it. It travels sealed in a cookie
 * and is not stored. Without other settings of the pool it lasts an hour, however it is used, and it outlives a change of the password and
 * GlobalSignOut, as at Cognito.
 */
export type DomainSession = {
  readonly id: string
  readonly poolId: string
  readonly sub: string
  /** When the user was authenticated, in epoch seconds. */
  readonly authTime: number
  /**
   * When the user proved who they are, in epoch seconds. Undefined where a provider did not say, or was not asked for a new sign-in, and in
   * cookies of earlier releases.
   */
  readonly provenAt: number | undefined
  readonly methods: readonly AuthMethod[] | undefined
  /** Whether the user has proven a second factor, which `methods` does not tell in all pools. False in cookies of earlier releases. */
  readonly hasSecondFactor: boolean
  /** Epoch milliseconds. */
  readonly expiresAt: number
  /** When the session was used last, in epoch milliseconds, in pools where idle sessions end. */
  readonly usedAt: number | undefined
  /** The user's device that the session was begun on, in pools that track devices. The session ends when the user forgets the device. */
  readonly deviceKey: string | undefined
  /** Changes when the user sets a password or signs out everywhere. */
  readonly securityStamp: string
  /**
   * What ID tokens call the session. Unlike `id` it stays when the user signs in anew on the browser. Undefined in manner cognito, and in
   * cookies of earlier releases.
   */
  readonly sid: string | undefined
  /** The identity provider by which the user signed in, or `COGNITO`. Undefined in cookies of earlier releases. */
  readonly providerName: string | undefined
  /** The mark of the identity by which the user signed in there. Undefined without one, and in cookies of earlier releases. */
  readonly identity: string | undefined
  /** What ends the session at the identity provider by which the user signed in. Undefined where a logout does not go there. */
  readonly atProvider: ProviderSession | undefined
}

/** A session of the hosted pages, as codes and tokens carry it. */
export type DomainSessionReference = {
  readonly sid: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export function referenceTo({ sid, expiresAt }: DomainSession): DomainSessionReference | undefined {
  return sid === undefined ? undefined : { sid, expiresAt }
}

/** A session in its sealed form. Its keys are short, because browsers send the cookie with each request. */
type SealedSession = {
  readonly id: string
  readonly s: string
  readonly t: number
  readonly q?: number | undefined
  readonly m?: readonly AuthMethod[] | undefined
  readonly k?: 1 | undefined
  readonly e: number
  readonly u?: number | undefined
  readonly d?: string | undefined
  readonly p: string
  readonly n?: string | undefined
  readonly b?: string | undefined
  readonly i?: string | undefined
  readonly f?: SealedProviderSession | undefined
}

/** The provider, the ID token, and the NameID with its format, its qualifiers and its session index. */
type SealedProviderSession = {
  readonly p: string
  readonly i?: string | undefined
  readonly n?: readonly (string | null)[] | undefined
}

/**
 * The most characters that all providers' parts and names have together, as JSON. Browsers keep cookies of 4,096 bytes; the rest of five sessions, sealed,
 * takes half of that.
 */
const providerBudget = 1200

/** Version 2 holds several sessions, the current one first. A server refuses a version that it does not know. */
type Form = { readonly v: 2; readonly a: readonly SealedSession[] }

export function sealSessionCookie(secrets: Secrets, poolId: string, sessions: readonly DomainSession[]): string {
  const atProvider = sealProviderSessions(sessions)
  const sealed = sessions.map(
    (one, index): SealedSession => ({
      id: one.id,
      s: one.sub,
      t: one.authTime,
      q: one.provenAt,
      m: one.methods,
      k: one.hasSecondFactor ? 1 : undefined,
      e: one.expiresAt,
      u: one.usedAt,
      d: one.deviceKey,
      p: one.securityStamp,
      n: one.sid,
      b: one.providerName,
      i: one.identity,
      f: atProvider[index],
    }),
  )
  const form: Form = { v: 2, a: sealed }
  return secrets.seal('domain-session', JSON.stringify(form), poolId)
}

/** The sessions in a cookie, ended and expired ones as well. None when this pool did not make the cookie. */
export function openSessionCookie(secrets: Secrets, poolId: string, cookie: string | undefined): readonly DomainSession[] {
  const opened = cookie === undefined ? undefined : secrets.open('domain-session', cookie, poolId)
  if (opened === undefined) return []
  const form = JSON.parse(opened.toString()) as Form | { readonly v: unknown }
  if (!isForm2(form)) return []
  return form.a.map((one) => ({
    id: one.id,
    poolId,
    sub: one.s,
    authTime: one.t,
    provenAt: one.q,
    methods: one.m,
    hasSecondFactor: one.k === 1,
    expiresAt: one.e,
    usedAt: one.u,
    deviceKey: one.d,
    securityStamp: one.p,
    sid: one.n,
    providerName: one.b,
    identity: one.i,
    atProvider: one.f && openProviderSession(one.f),
  }))
}

/** The current session comes first. A part that is too long loses its ID token, and then all. */
function sealProviderSessions(sessions: readonly DomainSession[]): readonly (SealedProviderSession | undefined)[] {
  const names = sessions.map(({ providerName = '' }) => providerName)
  let left = providerBudget - JSON.stringify(names).length
  return sessions.map(({ atProvider }) => {
    const fitting = atProvider && formsOf(atProvider).find((form) => JSON.stringify(form).length <= left)
    left -= fitting === undefined ? 0 : JSON.stringify(fitting).length
    return fitting
  })
}

/** The whole form, and the one without what a logout can do without. */
function formsOf({ providerName, idToken, subject }: ProviderSession): readonly SealedProviderSession[] {
  if (subject === undefined) return [{ p: providerName, i: idToken }, { p: providerName }]
  const { nameId, format, nameQualifier, spNameQualifier, sessionIndex } = subject
  return [{ p: providerName, n: [nameId, format, nameQualifier, spNameQualifier, sessionIndex].map((text) => text ?? null) }]
}

function openProviderSession({ p, i, n }: SealedProviderSession): ProviderSession {
  if (n === undefined) return { providerName: p, idToken: i }
  const [nameId = '', format, nameQualifier, spNameQualifier, sessionIndex] = n.map((text) => text ?? undefined)
  return { providerName: p, subject: { nameId, format, nameQualifier, spNameQualifier, sessionIndex } }
}

const isForm2 = (form: Form | { readonly v: unknown }): form is Form => form.v === 2
