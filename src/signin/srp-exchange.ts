import { openExchange, readClientPublic, verifyClaim } from '../base/srp/exchange.ts'
import { PowersBusyError, type SrpPowers } from '../base/srp/powers.ts'
import { ApiError } from '../contract/api-error.ts'
import { type RequestParameters, requireParameter } from './parameters.ts'

type Deps = { readonly powers: SrpPowers }

/** SECRET_BLOCK from a sealed state. Clients decode it from standard Base64 and sign its bytes. */
export const toSecretBlock = (sealed: string): string => Buffer.from(sealed).toString('base64')

export function fromSecretBlock(block: string): string {
  return Buffer.from(block, 'base64').toString()
}

/** @throws ApiError InvalidParameterException when SRP_A is not a value that a client can have made. */
export function requireClientPublic(srpA: string): bigint {
  const a = readClientPublic(srpA)
  if (a === undefined) throw new ApiError('InvalidParameterException', 'SRP_A is not a valid public value.')
  return a
}

/**
 * The first half of an SRP exchange, for a password or a device: SRP_B for the client, and the exchange (A, u and b in Base64) for the
 * sealed state.
 *
 * @throws ApiError TooManyRequestsException when too many requests wait for modular exponentiations.
 */
export async function startSrpExchange(
  { powers }: Deps,
  verifier: Uint8Array,
  clientPublic: bigint,
): Promise<{ readonly publicB: string; readonly exchange: string }> {
  const { publicB, state } = await orTooManyRequests(openExchange(powers, verifier, clientPublic))
  return { publicB, exchange: state.toString('base64') }
}

/** The client's message in the second half of an SRP exchange. */
export type SrpProof = { readonly signature: string; readonly secretBlock: string; readonly timestamp: string }

/** @throws ApiError InvalidParameterException when a parameter is missing. */
export function readSrpProof(responses: RequestParameters): SrpProof {
  return {
    signature: requireParameter(responses, 'PASSWORD_CLAIM_SIGNATURE'),
    secretBlock: requireParameter(responses, 'PASSWORD_CLAIM_SECRET_BLOCK'),
    timestamp: requireParameter(responses, 'TIMESTAMP'),
  }
}

/**
 * Whether the client has proven that it knows the password behind `verifier`. The client signed `group` and `name`, the SECRET_BLOCK and
 * the timestamp with a key that only the right password gives.
 *
 * @throws ApiError TooManyRequestsException when too many requests wait for modular exponentiations.
 */
export function isSrpProof(
  { powers }: Deps,
  { signature, secretBlock, timestamp }: SrpProof,
  expected: { readonly verifier: Uint8Array; readonly exchange: string; readonly group: string; readonly name: string },
): Promise<boolean> {
  const { verifier, exchange, group, name } = expected
  const claim = { group, name, secretBlock: Buffer.from(secretBlock, 'base64'), timestamp }
  return orTooManyRequests(verifyClaim(powers, { verifier, state: Buffer.from(exchange, 'base64'), claim, signature }))
}

async function orTooManyRequests<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof PowersBusyError) throw new ApiError('TooManyRequestsException', 'Too many requests', { cause: error })
    throw error
  }
}
