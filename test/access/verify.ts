import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type AccessKey, type Credentials, hashSessionToken, newAccessKey } from '../../src/access/access-key.ts'
import type { Credential, FindCredential } from '../../src/access/credential.ts'
import { createCredentialFinder } from '../../src/access/find-credential.ts'
import { fullAccessPolicy } from '../../src/access/policy.ts'
import { readPolicy } from '../../src/access/read-policy.ts'
import { readSignature } from '../../src/access/signature.ts'
import type { Headers } from '../../src/access/signed-request.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createSecrets, type Secrets } from '../../src/base/secrets.ts'
import { recordingLogger } from '../support/functions.ts'
import type { SignedRequest } from './request-signer.ts'

export const now = Date.UTC(2026, 10, 23, 12, 0, 0)
export const minute = 60_000

const secrets = createSecrets(randomBytes(32))
const policy = readPolicy(fullAccessPolicy)

/** A long-lived access key. */
export const long: Credentials = newAccessKey('long-lived')

/** A temporary access key that expires a minute after `now`. */
export const session: Credentials = newAccessKey('session')

/** The access key that AWS published with its Signature Version 4 test suite. */
const example: Credentials = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: undefined }

const keys: readonly AccessKey[] = [long, session, example].map(({ id, secret, sessionToken }) => ({
  id,
  secret,
  sessionTokenHash: sessionToken === undefined ? undefined : hashSessionToken(secrets, id, sessionToken),
  policy,
  expiresAt: sessionToken === undefined ? undefined : now + minute,
}))

const findCredential = credentialFinderOf(secrets, keys)

/** Finds only these access keys, and no role. */
export function credentialFinderOf(secrets: Secrets, keys: readonly AccessKey[]): FindCredential {
  return createCredentialFinder({
    secrets,
    clock: systemClock,
    logger: recordingLogger().logger,
    accountId: '123456789012',
    findAccessKey: async (id) => keys.find((key) => key.id === id),
    findRole: async () => undefined,
    hasIdentity: async () => false,
  })
}

export type Options = { at?: number; region?: string; services?: string[] }

/** Verifies the signature of a request at the time `now`, and accepts any region in it, unless the options say otherwise. */
export async function verify(
  { body, ...head }: SignedRequest,
  { at = now, region, services = ['cognito-idp'] }: Options = {},
): Promise<Credential> {
  return (await readSignature(head, { now: at, services, region, findCredential })).verify(body)
}

export function withHeaders(request: SignedRequest, changes: Headers): SignedRequest {
  return { ...request, headers: { ...request.headers, ...changes } }
}

export function authorizationOf(request: SignedRequest): string {
  const { authorization } = request.headers
  assert.ok(typeof authorization === 'string')
  return authorization
}

export const mismatch = { code: 'InvalidSignatureException', message: /^The request signature we calculated does not match/ }
export const unrecognized = { code: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }
