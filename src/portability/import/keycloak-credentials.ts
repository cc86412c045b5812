import type { ImportedPasskey, ImportedTotp, LeftOut, PasswordText } from '../../users/import/records/imported-record.ts'
import { UnreadableRecordError } from '../../users/import/records/imported-record.ts'
import { bytesOf, countOf, epochTimeOf, type Json, memberOf, objectInText, objectOf, requiredText, textOf, textsOf } from './fields.ts'
import { pbkdf2Text, selfDescribingHash, unknownAlgorithm } from './password-texts.ts'
import { base32Of, isOurScheme, totpWith } from './totp-texts.ts'

export type KeycloakCredentials = {
  readonly password: PasswordText | undefined
  readonly passwordHistory: readonly (PasswordText & { readonly replacedAt: number | undefined })[]
  readonly totp: ImportedTotp | undefined
  readonly passkeys: readonly ImportedPasskey[]
  /** Whether a passkey is a second factor at Keycloak. Its passkeys for sign-ins without a password have another type. */
  readonly hasSecurityKey: boolean
  readonly leftOut: readonly LeftOut[]
}

/** Reads the credentials of a user of Keycloak. A user can have several apps at Keycloak; the first one is taken over. */
export function readCredentials(credentials: readonly Json[], relyingPartyId: string | undefined): KeycloakCredentials {
  const leftOut: LeftOut[] = []
  const ofType = (...types: readonly string[]) => credentials.filter((credential) => types.includes(textOf(credential, 'type') ?? ''))
  const [password] = ofType('password')
  const apps = ofType('otp', 'totp').flatMap((credential) => {
    const totp = readTotp(credential)
    if (totp === undefined) leftOut.push('totp')
    return totp ?? []
  })
  const known = ofType('password', 'password-history', 'otp', 'totp', 'webauthn', 'webauthn-passwordless').length
  leftOut.push(...Array<LeftOut>(credentials.length - known).fill('otherFactors'))
  leftOut.push(...Array<LeftOut>(Math.max(apps.length - 1, 0)).fill('otherFactors'))
  return {
    password: password && readPassword(password),
    passwordHistory: ofType('password-history').map((former) => ({
      ...readPassword(former),
      replacedAt: epochTimeOf(former, 'createdDate'),
    })),
    totp: apps[0],
    passkeys: ofType('webauthn', 'webauthn-passwordless').map((credential) => readPasskey(credential, relyingPartyId)),
    hasSecurityKey: ofType('webauthn').length > 0,
    leftOut,
  }
}

/** The two JSON texts of a credential. Before Keycloak 8 a credential had their members itself. */
function partsOf(credential: Json): { readonly secret: Json; readonly settings: Json } {
  if (textOf(credential, 'secretData') === undefined) return { secret: credential, settings: credential }
  return { secret: objectInText(credential, 'secretData'), settings: objectInText(credential, 'credentialData') }
}

function readPassword(credential: Json): PasswordText {
  const { secret, settings } = partsOf(credential)
  const text = textOf(secret, 'hashedSaltedValue') ?? requiredText(secret, 'value')
  const algorithm = textOf(settings, 'algorithm')
  if (algorithm === undefined)
    throw new UnreadableRecordError('The password has no algorithm. Passwords that are not hashed are not imported.')
  if (text.startsWith('$')) return selfDescribingHash(text)
  const iterations = countOf(settings, 'hashIterations') ?? 0
  const [key, salt] = [Buffer.from(text, 'base64'), bytesOf(secret, 'salt') ?? Buffer.alloc(0)]
  const [, digest = 'sha1'] = /^pbkdf2(?:-(sha256|sha512))?$/.exec(algorithm) ?? []
  if (algorithm.startsWith('pbkdf2')) return pbkdf2Text(digest, iterations, salt, key)
  if (algorithm === 'argon2') return argon2Text(settings, iterations, salt, key)
  throw unknownAlgorithm()
}

function argon2Text(settings: Json, passes: number, salt: Buffer, key: Buffer): PasswordText {
  const parameters = objectOf(settings, 'additionalParameters') ?? {}
  const parameter = (name: string): string => {
    const value = memberOf(parameters, name)
    return Array.isArray(value) && typeof value[0] === 'string' ? value[0] : ''
  }
  const type = parameter('type') || 'id'
  if ((type !== 'id' && type !== 'i') || (parameter('version') || '1.3') !== '1.3') throw unknownAlgorithm()
  const encoded = [salt, key].map((bytes) => bytes.toString('base64').replace(/=+$/, '')).join('$')
  const costs = `m=${parameter('memory')},t=${passes},p=${parameter('parallelism') || '1'}`
  return { algorithm: type === 'id' ? 'ARGON2ID' : 'ARGON2I', hash: `$argon2${type}$v=19$${costs}$${encoded}` }
}

/** Undefined when the app makes other codes than those that are checked here. */
function readTotp(credential: Json): ImportedTotp | undefined {
  const { secret, settings } = partsOf(credential)
  const [subType, algorithm] = [textOf(settings, 'subType') ?? 'totp', textOf(settings, 'algorithm')]
  const scheme = { algorithm, digits: countOf(settings, 'digits'), period: countOf(settings, 'period') }
  if (subType !== 'totp' || !isOurScheme(scheme)) return undefined
  const value = requiredText(secret, 'value')
  // The secret is the text itself, unless the credential says that it is Base32.
  const isBase32 = textOf(settings, 'secretEncoding') === 'BASE32'
  return totpWith(isBase32 ? value : base32Of(Buffer.from(value)), textOf(credential, 'userLabel'))
}

/** The user handle of Keycloak's passkeys is the id of the user, as it is here. */
function readPasskey(credential: Json, relyingPartyId: string | undefined): ImportedPasskey {
  const data = objectInText(credential, 'credentialData')
  return {
    id: (bytesOf(data, 'credentialId') ?? Buffer.alloc(0)).toString('base64url'),
    publicKey: bytesOf(data, 'credentialPublicKey') ?? Buffer.alloc(0),
    counter: countOf(data, 'counter') ?? 0,
    relyingPartyId,
    transports: textsOf(data, 'transports').map((transport) => transport.toLowerCase()),
    attachment: undefined,
    name: textOf(credential, 'userLabel') ?? 'Passkey',
    createdAt: epochTimeOf(credential, 'createdDate'),
    lastUsedAt: undefined,
  }
}
