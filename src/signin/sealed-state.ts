import type { Secrets } from '../base/secrets.ts'
import { type ArrayForm, readArrayForm } from './array-form-state.ts'
import { type PackedResult, packResults, unpackResults } from './packed-results.ts'
import type { ChallengeName, StepUp } from './sign-in.ts'
import type { SignInState } from './sign-in-state.ts'

/**
 * Form 2 of a sealed state. Its keys are short, because a Session has a limited length. A server refuses a version that it does not know,
 * so raise the version whenever an older server would misread a state. See docs/decisions/0011-sealed-values-carry-a-version.md.
 */
type ObjectForm = {
  readonly v: 2
  readonly id: string
  /** Pool, client, sub. */
  readonly p: string
  readonly c: string
  readonly s: string
  /** Name of the challenge. */
  readonly n: ChallengeName
  /** Expiry. */
  readonly e: number
  /** Proofs: the factors so far. */
  readonly f: readonly ChallengeName[]
  /** Auth event, step-up, results of custom challenges. */
  readonly a?: string | undefined
  readonly u?: StepUp | undefined
  readonly r?: readonly PackedResult[] | undefined
  /** Security stamp. */
  readonly t?: string | undefined
  /** The factor's memory. */
  readonly m: unknown
}

/** Every Session of Cognito begins like this; some clients look. */
const prefix = 'AYABe'

/**
 * The context that all forms with a version are sealed with. Form 1 has none, so a server of the previous release cannot open these states:
 * it refuses them as invalid, where it would fail on their content.
 */
const sealContext = 'versioned'

export function sealState(secrets: Secrets, state: SignInState): string {
  const { proofs, eventId, stepUp, custom } = state.progress
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
    t: state.securityStamp,
    m: state.memory,
  }
  return prefix + secrets.seal('sign-in-state', JSON.stringify(form), sealContext)
}

/** The content of a sealed state, of any client and any age. Undefined when we did not seal it, or do not know its version. */
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
  return {
    id: form.id,
    poolId: form.p,
    clientId: form.c,
    sub: form.s,
    challenge: form.n,
    expiresAt: form.e,
    progress: { proofs: form.f, eventId: form.a, stepUp: form.u, custom: form.r && unpackResults(form.r) },
    securityStamp: form.t,
    memory: form.m,
  }
}

const isForm2 = (form: ObjectForm | { readonly v: unknown }): form is ObjectForm => form.v === 2
