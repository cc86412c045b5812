import type { Secrets } from '../base/secrets.ts'
import { type ArrayForm, readArrayForm } from './array-form-state.ts'
import { type PackedResult, packResults, unpackResults } from './packed-results.ts'
import type { SignInRisk } from './risk/sign-in-risk.ts'
import type { ChallengeName, Proof, StepUp } from './sign-in.ts'
import type { SignInState } from './sign-in-state.ts'

/**
 * Version 2 of the sealed format of a sign-in state. Its keys are short, because a Session has a limited length. A server refuses a version
 * that it does not know. So raise the version whenever an older server would misread a state. See
 * docs/decisions/0011-sealed-values-carry-a-version.md.
 */
type ObjectForm = {
  readonly v: 2
  readonly id: string
  /** Id of the pool. */
  readonly p: string
  /** Id of the app client. */
  readonly c: string
  /** `sub` of the user or decoy. */
  readonly s: string
  /** Name of the challenge. */
  readonly n: ChallengeName
  /** Expiry, in epoch milliseconds. */
  readonly e: number
  /** Proofs so far. */
  readonly f: readonly Proof[]
  /** Id of the auth event. */
  readonly a?: string | undefined
  /** The step-up goal. */
  readonly u?: StepUp | undefined
  /** Results of custom challenges. */
  readonly r?: readonly PackedResult[] | undefined
  /** What was decided of the risk. */
  readonly k?: SignInRisk | undefined
  /** Whether a password is known to be stolen. */
  readonly b?: boolean | undefined
  /** Security stamp. */
  readonly t?: string | undefined
  /** `memory`: the factor's own data. */
  readonly m: unknown
}

/** Every Session of Cognito begins with these characters, and some clients check that. */
const prefix = 'AYABe'

/**
 * The context under which every format with a version number is sealed. A seal opens only under its own context. Version 1, the array, is
 * sealed without a context, and a server of the previous release opens only such seals. So that server cannot open a state of version 2,
 * and answers that the Session is invalid. If that server could open the state, it would take the object for an array and fail with an
 * internal error.
 */
const sealContext = 'versioned'

export function sealState(secrets: Secrets, state: SignInState): string {
  const { proofs, eventId, stepUp, custom, risk, isCompromised } = state.progress
  const form: ObjectForm = {
    v: 2,
    id: state.id,
    p: state.poolId,
    c: state.clientId,
    s: state.sub,
    n: state.challenge,
    e: state.expiresAt,
    f: proofs,
    a: eventId,
    u: stepUp,
    r: custom && packResults(custom),
    k: risk,
    b: isCompromised,
    t: state.securityStamp,
    m: state.memory,
  }
  return prefix + secrets.seal('sign-in-state', JSON.stringify(form), sealContext)
}

/**
 * The content of a sealed state, whichever client it is for, and even if it has expired. Undefined when we did not seal it, or do not know
 * its version.
 */
export function openState(secrets: Secrets, text: string): SignInState | undefined {
  if (!text.startsWith(prefix)) return undefined
  const sealed = text.slice(prefix.length)
  const content = secrets.open('sign-in-state', sealed, sealContext)
  if (content !== undefined) return readObjectForm(JSON.parse(content.toString()) as ObjectForm | { readonly v: unknown })
  const oldContent = secrets.open('sign-in-state', sealed)
  return oldContent && readArrayForm(JSON.parse(oldContent.toString()) as ArrayForm)
}

function readObjectForm(form: ObjectForm | { readonly v: unknown }): SignInState | undefined {
  if (!isForm2(form)) return undefined
  const { f: proofs, a: eventId, u: stepUp, r: results, k: risk, b: isCompromised } = form
  const protection = { ...(risk !== undefined && { risk }), ...(isCompromised !== undefined && { isCompromised }) }
  return {
    id: form.id,
    poolId: form.p,
    clientId: form.c,
    sub: form.s,
    challenge: form.n,
    expiresAt: form.e,
    progress: { proofs, eventId, stepUp, custom: results && unpackResults(results), ...protection },
    securityStamp: form.t,
    memory: form.m,
  }
}

const isForm2 = (form: ObjectForm | { readonly v: unknown }): form is ObjectForm => form.v === 2
