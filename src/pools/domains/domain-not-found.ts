import { type ApiError, invalidParameter } from '../../contract/api-error.ts'

/** The answer when the pool does not have the domain or does not exist (observed, both in one text). */
export function domainNotFound(): ApiError {
  return invalidParameter('No such domain or user pool exists.')
}
