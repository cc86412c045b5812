import type { AnswerReader } from './answer-reader.ts'
import { clientMetadataOf, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

export type PreSignUpSource = 'PreSignUp_SignUp' | 'PreSignUp_AdminCreateUser' | 'PreSignUp_ExternalProvider'

type PreSignUpRequest = {
  /** The attributes as the request gave them. The user is not stored yet, so there is no `sub` and no status. */
  readonly userAttributes: Texts
  readonly validationData: Texts | undefined
  readonly clientMetadata: Texts | undefined
}

/** The `autoConfirmUser`, `autoVerifyEmail` and `autoVerifyPhone` of the response. */
export type PreSignUpResponse = { readonly autoConfirm: boolean; readonly autoVerify: readonly ('email' | 'phone_number')[] }

/** Cognito's text (observed). Which error code Cognito sends with this text was not recorded. */
const verifiedUnconfirmed = 'Phone or email cannot be auto verified, when user is not being auto confirmed'

const noResponse: PreSignUpResponse = { autoConfirm: false, autoVerify: [] }

/**
 * Invokes PreSignUp before a user is created. The function rejects the user by an error, which is then thrown here. For a user that an
 * administrator creates, the response has no effect, as at Cognito.
 */
export async function invokePreSignUp(
  triggers: Triggers,
  subject: TriggerSubject,
  source: PreSignUpSource,
  { userAttributes, validationData, clientMetadata }: PreSignUpRequest,
): Promise<PreSignUpResponse> {
  const request = { userAttributes, validationData: validationData ?? null, ...clientMetadataOf({ clientMetadata }) }
  const response = { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false }
  const call = { ...subject, trigger: 'PreSignUp', source, request, response } as const
  const answered = await triggers.invoke(call, (answer) => readResponse(answer, userAttributes, source))
  return answered ?? noResponse
}

/** The three flags must be booleans even when an administrator creates the user, although they have no effect then. */
function readResponse(answer: AnswerReader, attributes: Texts, source: PreSignUpSource): PreSignUpResponse {
  const autoConfirm = answer.boolean('autoConfirmUser')
  const flags = { email: answer.boolean('autoVerifyEmail'), phone_number: answer.boolean('autoVerifyPhone') }
  if (source === 'PreSignUp_AdminCreateUser') return noResponse
  const autoVerify = (['email', 'phone_number'] as const).filter((attribute) => flags[attribute])
  const absent = autoVerify.find((attribute) => !attributes[attribute])
  if (absent !== undefined) throw answer.error(`no automatic verification of ${absent} for a user without ${absent}`, 'one')
  // A verified address may be an alias. Then the new user would take the alias from the user who has it, before any proof.
  const isConfirmed = autoConfirm || source === 'PreSignUp_ExternalProvider'
  if (autoVerify.length > 0 && !isConfirmed) {
    throw answer.error('autoConfirmUser to be true when an address is verified automatically', 'false', verifiedUnconfirmed)
  }
  return { autoConfirm, autoVerify }
}
