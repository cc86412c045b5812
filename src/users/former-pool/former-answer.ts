import { OutboundError } from '../../base/outbound-http.ts'

/** Why the former pool gave no answer that says anything about the password. */
export type FormerFailure = 'throttled' | 'timeout' | 'unreachable' | 'bad-answer' | 'refused' | 'paused' | 'busy'

/** The former pool gives an access token, or asks the challenge that follows the right password. */
export type RightAnswer = {
  readonly kind: 'right'
  readonly accessToken: string | undefined
  readonly challenge: string | undefined
  /** The Session with which the challenge is answered there. */
  readonly session: string | undefined
  /** The name by which the challenge is answered there. */
  readonly username: string | undefined
}

/** What the former pool says about a password. */
export type FormerAnswer =
  | RightAnswer
  | { readonly kind: 'wrong' | 'unknown' | 'reset' | 'unconfirmed' | 'expired' }
  | { readonly kind: 'failed'; readonly failure: FormerFailure }

/** The challenges that follow a right password only. */
const afterPassword: readonly string[] = [
  'SMS_MFA',
  'SOFTWARE_TOKEN_MFA',
  'EMAIL_OTP',
  'MFA_SETUP',
  'SELECT_MFA_TYPE',
  'NEW_PASSWORD_REQUIRED',
  'DEVICE_SRP_AUTH',
]

type SignInAnswer = {
  readonly ChallengeName?: string | undefined
  readonly ChallengeParameters?: Readonly<Record<string, string>> | undefined
  readonly Session?: string | undefined
  readonly AuthenticationResult?: { readonly AccessToken?: string | undefined } | undefined
}

export function answerOf({
  ChallengeName: challenge,
  ChallengeParameters,
  Session,
  AuthenticationResult: result,
}: SignInAnswer): FormerAnswer {
  if (result?.AccessToken !== undefined) return rightBy(result.AccessToken)
  if (!afterPassword.includes(challenge ?? '')) return { kind: 'failed', failure: 'bad-answer' }
  return { ...rightBy(undefined), challenge, session: Session, username: ChallengeParameters?.['USER_ID_FOR_SRP'] }
}

/** The answer of a former pool that asks no challenge. */
export function rightBy(accessToken: string | undefined): RightAnswer {
  return { kind: 'right', accessToken, challenge: undefined, session: undefined, username: undefined }
}

const throttling: readonly string[] = ['TooManyRequestsException', 'LimitExceededException', 'ThrottlingException', 'Throttling']

/** The answer that an error of the SDK stands for. */
export function answerOfError(error: unknown): FormerAnswer {
  if (error instanceof OutboundError) return { kind: 'failed', failure: failureOf(error) }
  const { name = '', message = '' } = error instanceof Error ? error : {}
  switch (name) {
    case 'NotAuthorizedException':
      return answerOfRefusal(message)
    case 'CodeMismatchException':
    case 'ExpiredCodeException':
      return { kind: 'wrong' }
    case 'UserNotFoundException':
      return { kind: 'unknown' }
    case 'PasswordResetRequiredException':
      return { kind: 'reset' }
    case 'UserNotConfirmedException':
      return { kind: 'unconfirmed' }
    case 'CredentialsProviderError':
      return { kind: 'failed', failure: 'refused' }
    case 'SyntaxError':
      return { kind: 'failed', failure: 'bad-answer' }
  }
  if (throttling.includes(name)) return { kind: 'failed', failure: 'throttled' }
  const { $metadata: metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } }
  const isAnswer = metadata?.httpStatusCode !== undefined && metadata.httpStatusCode >= 400 && metadata.httpStatusCode < 500
  return { kind: 'failed', failure: isAnswer ? 'refused' : 'bad-answer' }
}

/**
 * NotAuthorizedException has several meanings. It is about the password or code, unless it says that the former pool has locked the user,
 * that the challenge is no longer open, or that the app client is not set up for this.
 */
function answerOfRefusal(message: string): FormerAnswer {
  if (/attempts? (limit )?exceeded/i.test(message)) return { kind: 'failed', failure: 'throttled' }
  if (/session/i.test(message)) return { kind: 'expired' }
  if (/secret ?hash|client/i.test(message)) return { kind: 'failed', failure: 'refused' }
  return { kind: 'wrong' }
}

function failureOf({ failure }: OutboundError): FormerFailure {
  if (failure === 'timeout') return 'timeout'
  if (failure === 'too-large') return 'bad-answer'
  return failure === 'bad-url' || failure === 'refused-address' ? 'refused' : 'unreachable'
}
