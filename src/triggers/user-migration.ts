import type { AnswerReader } from './answer-reader.ts'
import { clientMetadataOf, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

type Facts = {
  /** Undefined for somebody who forgot it. */
  readonly password: string | undefined
  readonly validationData: Texts | undefined
  readonly clientMetadata: Texts | undefined
}

/** A user as the system that they come from knows them. */
export type MigratedUser = {
  /** As the function wrote them; `username` among them is the name to store. */
  readonly attributes: Texts
  readonly finalStatus: 'CONFIRMED' | 'RESET_REQUIRED'
  readonly isSilent: boolean
  /** By which the user hears of it. */
  readonly mediums: readonly Medium[] | undefined
  /** Takes verified addresses over from users who sign in with them. */
  readonly forceAliasCreation: boolean
  readonly enableSmsMfa: boolean
}

const mediumNames = ['EMAIL', 'SMS'] as const
type Medium = (typeof mediumNames)[number]

/**
 * Asks another system for somebody who is not known here, by the name they typed. Undefined when it does not know them either, or does
 * not take their password. Throws what a failing trigger throws.
 */
export function invokeUserMigration(triggers: Triggers, subject: TriggerSubject, facts: Facts): Promise<MigratedUser | undefined> {
  const { password, validationData = null } = facts
  const request = {
    ...(password !== undefined && { password }),
    validationData,
    userAttributes: null,
    ...clientMetadataOf(facts),
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
  if (user.enableSmsMfa && !attributes['phone_number']) throw answer.wrong('a phone_number for enableSMSMFA', 'none')
  return { ...user, attributes }
}

function readMediums(answer: AnswerReader): readonly Medium[] | undefined {
  const wished = answer.texts('desiredDeliveryMediums') ?? []
  const isMedium = (name: string): name is Medium => mediumNames.some((medium) => medium === name)
  const unknown = wished.find((name) => !isMedium(name))
  if (unknown !== undefined) throw answer.wrong(`desiredDeliveryMediums of ${mediumNames.join(' and ')}`, 'another')
  return wished.length > 0 ? wished.filter(isMedium) : undefined
}
