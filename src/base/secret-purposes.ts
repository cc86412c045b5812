/**
 * What happens to the values of a purpose when an installation is restored from a backup under another master key:
 * - `inside`: all values are sealed in rows of the database. They are sealed anew, so their subkey is of no use afterwards.
 * - `ended`: values are outside the database, or are keyed hashes, but live for minutes and are easily made anew. They no longer work.
 * - `everything`: a backup of everything has the subkey, so that the values go on to work. A backup of one pool does not have it: the subkey
 *   would allow its reader to make values for the other pools of the installation.
 * - `pool`: like `everything`, and a backup of one pool has the subkey as well. With it alone nothing can be made for other pools that
 *   their servers would accept. The servers that restore the pool use it for this pool alone.
 */
type AfterRestore = 'inside' | 'ended' | 'everything' | 'pool'

/**
 * What values are sealed or hashed for. Each purpose has its own subkey, so a value that was sealed for one purpose opens for no other. The
 * value says what happens to the purpose in a restore.
 */
const purposes = {
  // Secrets are inside; the hashes of session tokens are keyed. With the subkey and without the rows nothing can be signed.
  'access-key': 'everything',
  // The cookie with the remembered devices of a browser, for years.
  'browser-devices': 'everything',
  'client-secret': 'inside',
  // Keyed hashes of codes that are on their way. The subkey is of use only together with the rows: it tests guesses of codes.
  code: 'pool',
  // A reader of this subkey can tell decoys from users in all pools. See `fixedPurposes`.
  decoy: 'everything',
  feedback: 'everything',
  'former-pool': 'inside',
  // Verifiers are inside; the group keys, which are not secret, are stored by the devices. See `fixedPurposes`.
  device: 'pool',
  // The page on which a user approves a device.
  'device-request': 'everything',
  'device-step': 'inside',
  // A client gets a new nonce with each answer.
  'dpop-nonce': 'ended',
  // The cookie of the session of a browser. It signs in whomever it names.
  'domain-session': 'everything',
  'identity-provider': 'inside',
  import: 'inside',
  // DescribeUserPoolImportJob gives a new URL.
  'import-upload': 'ended',
  'lasting-subkeys': 'inside',
  'login-provider': 'inside',
  'master-key-check': 'inside',
  message: 'inside',
  // The hourly counts of recipients begin anew.
  'message-cap': 'ended',
  // The cookie of a sign-in on the pages that is under way.
  'page-step': 'everything',
  // Lists are read from their beginning.
  pagination: 'ended',
  'passkey-registration': 'everything',
  password: 'inside',
  'provider-sign-in': 'inside',
  'recovery-code': 'inside',
  // Who has this subkey can make refresh tokens of all pools: the id of a session is a claim of its access tokens. So a backup of one pool
  // lacks it, and a server with another master key accepts no refresh tokens from before.
  'refresh-token': 'everything',
  // The session tokens of roles, for up to twelve hours.
  'role-session': 'everything',
  'signing-key': 'inside',
  // A Session of a half-finished sign-in says what was proven, and there is no row of it.
  'sign-in-state': 'everything',
  'sign-up-session': 'everything',
  'software-token': 'inside',
  // The counts of an hour begin anew.
  stuffing: 'ended',
  'test-code': 'inside',
  'trigger-answer': 'inside',
  'trigger-invocation': 'inside',
  // Keyed hashes of user codes of devices. Like those of codes, they only serve to test guesses.
  'user-code': 'pool',
  // A client asks for a new challenge.
  'work-proof': 'ended',
} as const satisfies Readonly<Record<string, AfterRestore>>

export type SecretPurpose = keyof typeof purposes

export const isSecretPurpose = (text: string): text is SecretPurpose => Object.hasOwn(purposes, text)

const purposesThat = (...outcomes: readonly AfterRestore[]): readonly SecretPurpose[] =>
  (Object.keys(purposes) as SecretPurpose[]).filter((purpose) => outcomes.includes(purposes[purpose]))

/** The purposes whose subkeys a backup of everything has. */
export const lastingPurposes = purposesThat('everything', 'pool')

/** The purposes whose subkeys a backup of one pool has. */
export const lastingPurposesOfPool = purposesThat('pool')

/**
 * Decoys, and the group keys that devices store, must not change with the master key. So keyed hashes for these purposes stay under the
 * subkeys of the first master key.
 */
export const fixedPurposes = ['decoy', 'device'] as const satisfies readonly SecretPurpose[]
