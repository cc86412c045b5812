import type { AnswerReader } from './answer-reader.ts'
import { clientMetadataOf, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

type Source = 'PreSignUp_SignUp' | 'PreSignUp_AdminCreateUser'

type Facts = {
  /** As they were given: there is no user yet who would have a `sub` or a status. */
  readonly userAttributes: Texts
  readonly validationData: Texts | undefined
  readonly clientMetadata: Texts | undefined
}

/** What PreSignUp spares a new user. */
export type PreSignUpResponse = { readonly autoConfirm: boolean; readonly autoVerify: readonly ('email' | 'phone_number')[] }

/** (Observed; which error Cognito has for it is not recorded.) */
const verifiedUnconfirmed = 'Phone or email cannot be auto verified, when user is not being auto confirmed'

const nothingSpared: PreSignUpResponse = { autoConfirm: false, autoVerify: [] }

/**
 * Asks whether somebody may become a user. Throws when they may not. Whom an administrator creates the answer neither confirms nor
 * verifies, as at Cognito.
 */
export async function invokePreSignUp(
  triggers: Triggers,
  subject: TriggerSubject,
  source: Source,
  facts: Facts,
): Promise<PreSignUpResponse> {
  const { userAttributes, validationData = null } = facts
  const request = { userAttributes, validationData, ...clientMetadataOf(facts) }
  const response = { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false }
  const call = { ...subject, trigger: 'PreSignUp', source, request, response } as const
  const verdict = await triggers.invoke(call, (answer) => readVerdict(answer, userAttributes, source === 'PreSignUp_SignUp'))
  return verdict ?? nothingSpared
}

/** The three flags have to be what they are, booleans, even where they have no effect. */
function readVerdict(answer: AnswerReader, attributes: Texts, counts: boolean): PreSignUpResponse {
  const autoConfirm = answer.boolean('autoConfirmUser')
  const flags = { email: answer.boolean('autoVerifyEmail'), phone_number: answer.boolean('autoVerifyPhone') }
  if (!counts) return nothingSpared
  const autoVerify = (['email', 'phone_number'] as const).filter((attribute) => flags[attribute])
  const absent = autoVerify.find((attribute) => !attributes[attribute])
  if (absent !== undefined) throw answer.wrong(`no verification of the ${absent} that was not given`, 'one')
  // A verified address would take the alias from its owner, before the new user has proven anything.
  if (autoVerify.length > 0 && !autoConfirm) throw answer.wrong('autoConfirmUser beside a verification', 'false', verifiedUnconfirmed)
  return { autoConfirm, autoVerify }
}
