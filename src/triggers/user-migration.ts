import type { AnswerReader } from './answer-reader.ts'
import { clientMetadataOf, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

type UserMigrationRequest = {
  /** Undefined when the user has forgotten the password. */
  readonly password: string | undefined
  readonly validationData: Texts | undefined
  readonly clientMetadata: Texts | undefined
}

/** A user as the system behind the UserMigration trigger knows them. */
export type MigratedUser = {
  /** The attributes as the function wrote them. `username` among them is the username to store. */
  readonly attributes: Texts
  readonly finalStatus: 'CONFIRMED' | 'RESET_REQUIRED'
  readonly isSilent: boolean
  /** The mediums of the invitation. */
  readonly mediums: readonly Medium[] | undefined
  /** Whether the new user's verified addresses are taken from users who have them as aliases. */
  readonly forceAliasCreation: boolean
  readonly enableSmsMfa: boolean
}

const mediumNames = ['EMAIL', 'SMS'] as const
type Medium = (typeof mediumNames)[number]

/**
 * Invokes UserMigration for a name that the pool does not know. Undefined when the system behind the trigger does not know the name either,
 * or does not accept the password.
 * @throws ApiError what `Triggers.invoke` throws when the function fails.
 */
export function invokeUserMigration(
  triggers: Triggers,
  subject: TriggerSubject,
  { password, validationData, clientMetadata }: UserMigrationRequest,
): Promise<MigratedUser | undefined> {
  const request = {
    ...(password !== undefined && { password }),
    validationData: validationData ?? null,
    userAttributes: null,
    ...clientMetadataOf({ clientMetadata }),
  }
  const response = {
    userAttributes: null,
    finalUserStatus: null,
    messageAction: null,
    desiredDeliveryMediums: null,
    forceAliasCreation: false,
    enableSMSMFA: false,
  }
  const source = password === undefined ? 'UserMigration_ForgotPassword' : 'UserMigration_Authentication'
  return triggers.invoke({ ...subject, trigger: 'UserMigration', source, request, response }, readUser)
}

function readUser(answer: AnswerReader): MigratedUser | undefined {
  const attributes = answer.textMap('userAttributes')
  const user = {
    finalStatus: answer.choice('finalUserStatus', ['CONFIRMED', 'RESET_REQUIRED']) ?? 'RESET_REQUIRED',
    isSilent: answer.choice('messageAction', ['SUPPRESS']) !== undefined,
    mediums: readMediums(answer),
    forceAliasCreation: answer.boolean('forceAliasCreation'),
    enableSmsMfa: answer.boolean('enableSMSMFA'),
  }
  if (attributes === undefined || Object.keys(attributes).length === 0) return undefined
  if (user.enableSmsMfa && !attributes['phone_number']) throw answer.error('a phone_number for enableSMSMFA', 'none')
  return { ...user, attributes }
}

function readMediums(answer: AnswerReader): readonly Medium[] | undefined {
  const names = answer.texts('desiredDeliveryMediums') ?? []
  const isMedium = (name: string): name is Medium => mediumNames.some((medium) => medium === name)
  const unknown = names.find((name) => !isMedium(name))
  if (unknown !== undefined) throw answer.error(`desiredDeliveryMediums of ${mediumNames.join(' and ')}`, 'another medium')
  return names.length > 0 ? names.filter(isMedium) : undefined
}
