import { PowersBusyError } from '../base/srp/powers.ts'
import { ApiError } from '../contract/api-error.ts'

/** SECRET_BLOCK out of a sealed state. Clients decode it from standard Base64 and sign its bytes. */
export const toSecretBlock = (sealed: string): string => Buffer.from(sealed).toString('base64')

export function fromSecretBlock(block: string): string {
  return Buffer.from(block, 'base64').toString()
}

/** Throws TooManyRequestsException when too many modular powers wait to be computed. */
export async function orTooManyRequests<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof PowersBusyError) throw new ApiError('TooManyRequestsException', 'Too many requests', { cause: error })
    throw error
  }
}
