import { hourMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import type { ContactAttribute } from '../pools/pool.ts'
import type { Db, Tx } from '../storage/db.ts'
import { type CodeKey, deleteCode, findCode, replaceCode } from './code-repository.ts'
import { type CodeHolder, chooseCode } from './test-user-code.ts'

/** What a code proves. Each user has at most one outstanding code for each purpose. `confirmed` proves nothing: see `rememberCode`. */
export type CodePurpose = 'sign-up' | 'confirmed' | 'forgot-password' | `verify-${ContactAttribute}`

/** How long codes live, in milliseconds, by Cognito's documentation. */
export const codeLifetimesMs = { signUp: 24 * hourMs, forgotPassword: hourMs, attribute: 24 * hourMs } as const

const codeDigits = 6

type NewCode = CodeOf & {
  readonly attribute?: ContactAttribute | undefined
  readonly value?: string | undefined
  readonly now: number
  readonly lifetimeMs: number
  /** Undefined for a code that stands in for one of somebody who does not exist. */
  readonly holder?: CodeHolder
}

type CodeOf = { readonly poolId: string; readonly sub: string; readonly purpose: CodePurpose }

/**
 * Makes a code of six digits in place of the outstanding one of the same purpose (a test user's is the fixed one), and answers it. Only a hash is kept,
 * keyed and bound to pool, user and purpose: without the master key a stolen table cannot be searched for codes.
 * `attribute` and `value` come back when it is spent.
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
 * Looks at a code without using it up, so that what is expensive (hashing a password) or telling (its history) happens only to
 * those who bring the right one. `expired` is the right code, too late; `none` means that nothing is outstanding.
 * @NOTE As with `consumeCode`, the caller keeps the limit of attempts. Nothing may be changed on the strength of this alone.
 */
export async function checkCode(
  db: Db | Tx,
  secrets: Secrets,
  { code, now, ...key }: CodeOf & { code: string; now: number },
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
 * Uses a code up: of any number of requests that bring the right one, exactly one is told `ok`. `expired` also means
 * that there is none. @NOTE It does not count attempts; six digits are safe only behind a limit, which the caller keeps.
 */
export async function consumeCode(
  tx: Tx,
  secrets: Secrets,
  { code, now, ...key }: CodeOf & { code: string; now: number },
): Promise<ConsumedCode> {
  const stored = await findCode(tx, key)
  if (stored === undefined || stored.expiresAt <= now) return { outcome: 'expired' }
  if (!isCode(secrets, key, code, stored.hash)) return { outcome: 'mismatch' }
  if (!(await deleteCode(tx, key, stored.hash))) return { outcome: 'expired' }
  const { value, expiresAt } = stored
  return { outcome: 'ok', attribute: stored.attribute as ContactAttribute | undefined, value, expiresAt }
}

/**
 * Keeps a code that confirmed a user, as long as it would have lived: a client whose answer got lost repeats it, and can then be told that
 * the user is confirmed, also where others may not learn that there is such a user.
 */
export async function rememberCode(tx: Tx, secrets: Secrets, { code, now, expiresAt, ...of }: SpentOf): Promise<void> {
  const key = { ...of, purpose: 'confirmed' } as const
  await replaceCode(tx, key, { hash: hashOf(secrets, key, code), attribute: undefined, value: undefined, createdAt: now, expiresAt })
}

type SpentOf = Omit<CodeOf, 'purpose'> & { readonly code: string; readonly now: number; readonly expiresAt: number }

/** `consumeCode` for operations that can only refuse. Throws CodeMismatchException or ExpiredCodeException with Cognito's texts. */
export async function requireCode(
  tx: Tx,
  secrets: Secrets,
  attempt: CodeOf & { code: string; now: number },
): Promise<Omit<Extract<ConsumedCode, { outcome: 'ok' }>, 'outcome'>> {
  const spent = await consumeCode(tx, secrets, attempt)
  if (spent.outcome === 'ok') return { attribute: spent.attribute, value: spent.value, expiresAt: spent.expiresAt }
  throw spent.outcome === 'mismatch' ? codeMismatch() : codeExpired()
}

/** What a wrong code is told; also what hides that there is no such user. */
export function codeMismatch(): ApiError {
  return new ApiError('CodeMismatchException', 'Invalid verification code provided, please try again.')
}

/** What a code is told that expired, was used, was replaced or never asked for. */
export function codeExpired(): ApiError {
  return new ApiError('ExpiredCodeException', 'Invalid code provided, please request a code again.')
}

function hashOf(secrets: Secrets, { poolId, sub, purpose }: CodeKey, code: string): string {
  return secrets.mac('code', poolId, sub, purpose, code).toString('base64url')
}

function isCode(secrets: Secrets, { poolId, sub, purpose }: CodeKey, code: string, hash: string): boolean {
  return secrets.isMac('code', hash, poolId, sub, purpose, code)
}
