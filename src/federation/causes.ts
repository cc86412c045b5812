import { mostCauses } from '../base/logger.ts'
import { ApiError } from '../contract/api-error.ts'
import { type FailureReason, FederationError } from './federation-error.ts'
import { ProviderUnreachable } from './provider-http.ts'

/** The error and its causes, the outermost first. An error may be its own cause, by way of others. */
export function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = []
  for (let cause = error; cause instanceof Error && causes.length < mostCauses; cause = cause.cause) causes.push(cause)
  return causes
}

/** Why a sign-in failed, as the metrics count it. */
export function reasonOf(error: unknown): FailureReason {
  if (causesOf(error).some((cause) => cause instanceof ProviderUnreachable)) return 'unreachable'
  if (error instanceof FederationError) return error.reason
  return error instanceof ApiError ? 'refused' : 'invalid-answer'
}

const longestWords = 500
/** What `openid-client` says when the cause says more. */
const emptyWords = 'something went wrong'

/** What went wrong, in words, with all causes. Names of users are masked. */
export function wordsOf(error: unknown): string {
  const words = causesOf(error).map(({ message }) => (message === emptyWords ? '' : message.slice(0, longestWords)))
  const distinct = words.filter((text, index) => text !== '' && !words.slice(0, index).some((earlier) => earlier.includes(text)))
  // One message names the user: that the username is taken. The name holds the provider's id of the user.
  return distinct
    .map(asSentence)
    .join(' Cause: ')
    .replaceAll(/(?<=\busername )\S+/g, '***')
}

const asSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
