import { hourMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import type { ContactAttribute } from '../pools/pool.ts'
import type { Db, Tx } from '../storage/db.ts'
import { type CodeKey, deleteCode, findCode, replaceCode } from './code-repository.ts'
import { type CodeHolder, chooseCode } from './test-user-code.ts'

/** What a code is for. A user has at most one outstanding code for each purpose. A `confirmed` code is a used one: see `rememberCode`. */
export type CodePurpose = 'sign-up' | 'confirmed' | 'forgot-password' | `verify-${ContactAttribute}`

/** Lifetimes of codes in milliseconds, by Cognito's documentation. */
export const codeLifetimesMs = { signUp: 24 * hourMs, forgotPassword: hourMs, attribute: 24 * hourMs } as const

const codeDigits = 6

type NewCode = PurposeKey & {
  readonly attribute?: ContactAttribute | undefined
  readonly value?: string | undefined
  readonly now: number
  readonly lifetimeMs: number
  /** The user that the code is for. Undefined for the code of a decoy. */
  readonly holder?: CodeHolder
}

type PurposeKey = { readonly poolId: string; readonly sub: string; readonly purpose: CodePurpose }

/**
 * Issues a code of six digits in place of the outstanding one of the same purpose, and resolves with it. A test user gets the fixed code.
 * Only a hash is stored, keyed and bound to pool, user and purpose: without the master key, codes cannot be found by trying all values
 * against a stolen table. `attribute` and `value` are stored with the code, and `consumeCode` returns them.
 */
export async function issueCode(tx: Tx, secrets: Secrets, { attribute, value, now, lifetimeMs, holder, ...key }: NewCode): Promise<string> {
  const code = chooseCode(secrets, holder, codeDigits)
  await replaceCode(tx, key, { hash: hashOf(secrets, key, code), attribute, value, createdAt: now, expiresAt: now + lifetimeMs })
  return code
}

export type CheckedCode =
  | { readonly outcome: 'ok'; readonly attribute: ContactAttribute | undefined; readonly value: string | undefined }
  | { readonly outcome: 'mismatch' | 'expired' | 'none' }

/**
 * Checks a code without consuming it, so that expensive work (hashing a password) and answers that reveal something (the password history)
 * are only for callers with the right code. `mismatch`: a wrong code, while a valid one is outstanding. `expired`: the right code, but too
 * late. `none`: no valid code is outstanding, and the given code is not the expired one either.
 * @NOTE As with `consumeCode`, the caller limits the attempts. A successful check alone must not change anything.
 */
export async function checkCode(
  db: Db | Tx,
  secrets: Secrets,
  { code, now, ...key }: PurposeKey & { code: string; now: number },
): Promise<CheckedCode> {
  const stored = await findCode(db, key)
  const isRight = isCode(secrets, key, code, stored?.hash ?? '')
  if (stored === undefined) return { outcome: 'none' }
  if (stored.expiresAt <= now) return { outcome: isRight ? 'expired' : 'none' }
  return isRight
    ? { outcome: 'ok', attribute: stored.attribute as ContactAttribute | undefined, value: stored.value }
    : { outcome: 'mismatch' }
}

export type ConsumedCode =
  | {
      readonly outcome: 'ok'
      readonly attribute: ContactAttribute | undefined
      readonly value: string | undefined
      readonly expiresAt: number
    }
  | { readonly outcome: 'mismatch' | 'expired' }

/**
 * Consumes a code: of any number of requests with the right code, exactly one gets `ok`. `expired` also means that no code is outstanding,
 * or that another request consumed it first. `mismatch` means that the code is wrong.
 * @NOTE This function does not count attempts. Six digits are only safe behind a limit of attempts, which is the caller's task.
 */
export async function consumeCode(
  tx: Tx,
  secrets: Secrets,
  { code, now, ...key }: PurposeKey & { code: string; now: number },
): Promise<ConsumedCode> {
  const stored = await findCode(tx, key)
  if (stored === undefined || stored.expiresAt <= now) return { outcome: 'expired' }
  if (!isCode(secrets, key, code, stored.hash)) return { outcome: 'mismatch' }
  if (!(await deleteCode(tx, key, stored.hash))) return { outcome: 'expired' }
  const { value, expiresAt } = stored
  return { outcome: 'ok', attribute: stored.attribute as ContactAttribute | undefined, value, expiresAt }
}

/**
 * Keeps a code that confirmed a user for the rest of the code's lifetime. A client that lost the answer and repeats the request can then
 * learn that the user is confirmed, even where other callers must not learn whether the user exists.
 */
export async function rememberCode(tx: Tx, secrets: Secrets, { code, now, expiresAt, ...user }: UsedCode): Promise<void> {
  const key = { ...user, purpose: 'confirmed' } as const
  await replaceCode(tx, key, { hash: hashOf(secrets, key, code), attribute: undefined, value: undefined, createdAt: now, expiresAt })
}

type UsedCode = Omit<PurposeKey, 'purpose'> & { readonly code: string; readonly now: number; readonly expiresAt: number }

/**
 * Consumes a code, for operations that fail without the right one.
 * @throws ApiError CodeMismatchException when the code is wrong.
 * @throws ApiError ExpiredCodeException when the code has expired, or when no code is outstanding.
 */
export async function requireCode(
  tx: Tx,
  secrets: Secrets,
  attempt: PurposeKey & { code: string; now: number },
): Promise<Omit<Extract<ConsumedCode, { outcome: 'ok' }>, 'outcome'>> {
  const result = await consumeCode(tx, secrets, attempt)
  if (result.outcome === 'ok') return { attribute: result.attribute, value: result.value, expiresAt: result.expiresAt }
  throw result.outcome === 'mismatch' ? codeMismatch() : codeExpired()
}

/** The error for a wrong code. Where the client hides which users exist, operations throw it for a user who does not exist as well. */
export function codeMismatch(): ApiError {
  return new ApiError('CodeMismatchException', 'Invalid verification code provided, please try again.')
}

/** The error for a code that expired, was used or replaced, or was never issued. */
export function codeExpired(): ApiError {
  return new ApiError('ExpiredCodeException', 'Invalid code provided, please request a code again.')
}

function hashOf(secrets: Secrets, { poolId, sub, purpose }: CodeKey, code: string): string {
  return secrets.mac('code', poolId, sub, purpose, code).toString('base64url')
}

function isCode(secrets: Secrets, { poolId, sub, purpose }: CodeKey, code: string, hash: string): boolean {
  return secrets.isMac('code', hash, poolId, sub, purpose, code)
}
