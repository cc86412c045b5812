import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/**
 * An authenticator and its browser, in software. They follow the specification (Web Authentication Level 3) and do not use the server's
 * library. Options can make each part of their answers wrong.
 */

type Cbor = number | string | Buffer | ReadonlyMap<number | string, Cbor>

/** The part of CBOR (RFC 8949) that attestation objects and COSE keys need. */
function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)])])
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count])
  if (count < 0x100) return Buffer.from([(major << 5) | 24, count])
  return Buffer.from([(major << 5) | 25, count >> 8, count & 0xff])
}

const sha256 = (content: string | Buffer): Buffer => createHash('sha256').update(content).digest()
const base64url = (content: string | Buffer): string => Buffer.from(content).toString('base64url')

export type Algorithm = 'ES256' | 'RS256' | 'EdDSA'

/** COSE_Key (RFC 9052 §7) of a public key. */
function coseKey(key: KeyObject, algorithm: Algorithm): Cbor {
  const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' }) as Record<string, string>
  const bytes = (text: string) => Buffer.from(text, 'base64url')
  const members: readonly [number, Cbor][] =
    algorithm === 'ES256'
      ? [
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, bytes(x)],
          [-3, bytes(y)],
        ]
      : algorithm === 'RS256'
        ? [
            [1, 3],
            [3, -257],
            [-1, bytes(n)],
            [-2, bytes(e)],
          ]
        : [
            [1, 1],
            [3, -8],
            [-1, 6],
            [-2, bytes(x)],
          ]
  return new Map(members)
}

function newKeys(algorithm: Algorithm) {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ed25519')
}

/** Deviations from what a browser and an authenticator would do, in both ceremonies (registration and sign-in). */
type Deviations = {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly type?: string
  readonly crossOrigin?: boolean
  readonly userVerified?: boolean
  readonly userPresent?: boolean
  readonly counter?: number
}

type RegistrationDeviations = Deviations & {
  readonly algorithm?: Algorithm
  readonly aaguid?: string
  readonly id?: Buffer
  readonly transports?: readonly string[]
  readonly attestation?: ReadonlyMap<string, Cbor>
  readonly format?: string
}

/**
 * The kind of a passkey, and deviations at its registration. With `counts: false` the passkey does not count its signatures, as is usual for passkeys that are synchronized
 * between devices.
 */
export type AuthenticatorOptions = RegistrationDeviations & { readonly counts?: boolean }

type UseDeviations = Deviations & { readonly userHandle?: string | undefined; readonly id?: string; readonly key?: KeyObject }

export type CreationOptions = {
  readonly challenge: string
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly excludeCredentials: readonly { readonly id: string; readonly type: string }[]
}

export type RequestOptions = {
  readonly challenge: string
  readonly rpId: string
  readonly timeout: number
  readonly userVerification: string
  readonly allowCredentials: readonly { readonly id: string; readonly type: string; readonly transports: readonly string[] }[]
}

/** A passkey with its private key. */
export type SoftwarePasskey = {
  readonly id: string
  /** The `Credential` of CompleteWebAuthnRegistration. */
  readonly registration: Readonly<Record<string, unknown>>
  /** The `CREDENTIAL` of a challenge response, as an object. Each use adds one to the count of signatures, unless `counts` is false. */
  use(options: RequestOptions, deviations?: UseDeviations): Readonly<Record<string, unknown>>
}

const flag = { userPresent: 0x01, userVerified: 0x04, attested: 0x40 }

function authenticatorData(rpId: string, flags: number, counter: number, attested = Buffer.alloc(0)): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, attested])
}

const userFlags = ({ userPresent = true, userVerified = true }: Deviations) =>
  (userPresent ? flag.userPresent : 0) | (userVerified ? flag.userVerified : 0)

/** Makes a passkey for the creation options of a registration, as a page of `origin` would. The third argument can falsify parts of it. */
export function makePasskey(
  options: CreationOptions,
  origin: string,
  { counts = true, ...deviations }: AuthenticatorOptions = {},
): SoftwarePasskey {
  const algorithm = deviations.algorithm ?? 'ES256'
  const { publicKey, privateKey } = newKeys(algorithm)
  const rawId = deviations.id ?? randomBytes(32)
  const id = base64url(rawId)
  let counter = deviations.counter ?? (counts ? 1 : 0)

  const idLength = Buffer.from([rawId.length >> 8, rawId.length & 0xff])
  const aaguid = Buffer.from((deviations.aaguid ?? '00000000-0000-0000-0000-000000000000').replaceAll('-', ''), 'hex')
  const attested = Buffer.concat([aaguid, idLength, rawId, cbor(coseKey(publicKey, algorithm))])
  const authData = authenticatorData(deviations.rpId ?? options.rp.id, userFlags(deviations) | flag.attested, counter, attested)
  const statement = new Map<string, Cbor>([
    ['fmt', deviations.format ?? 'none'],
    ['attStmt', deviations.attestation ?? new Map()],
    ['authData', authData],
  ])
  const clientDataJSON = clientData({ type: 'webauthn.create', challenge: options.challenge, origin }, deviations)
  return {
    id,
    registration: {
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON,
        attestationObject: base64url(cbor(statement)),
        transports: deviations.transports ?? ['internal', 'hybrid'],
      },
    },
    use(request, changes = {}) {
      if (counts) counter += 1
      const data = authenticatorData(changes.rpId ?? request.rpId, userFlags(changes), changes.counter ?? counter)
      const client = clientData({ type: 'webauthn.get', challenge: request.challenge, origin }, changes)
      const signed = Buffer.concat([data, sha256(Buffer.from(client, 'base64url'))])
      const signature = sign(algorithm === 'EdDSA' ? null : 'sha256', signed, changes.key ?? privateKey)
      const usedId = changes.id ?? id
      const response = { clientDataJSON: client, authenticatorData: base64url(data), signature: base64url(signature) }
      const userHandle = 'userHandle' in changes ? changes.userHandle : options.user.id
      return { id: usedId, rawId: usedId, type: 'public-key', clientExtensionResults: {}, response: { ...response, userHandle } }
    },
  }
}

function clientData(expected: { type: string; challenge: string; origin: string }, deviations: Deviations): string {
  const { type = expected.type, challenge = expected.challenge, origin = expected.origin, crossOrigin = false } = deviations
  return base64url(JSON.stringify({ type, challenge, origin, crossOrigin }))
}
