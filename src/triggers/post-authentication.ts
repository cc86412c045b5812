import { clientMetadataOf, hasTrigger, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

type Facts = {
  readonly userAttributes: Texts
  /** Whether the pool tracks devices and has not seen this one before. */
  readonly newDeviceUsed: boolean
  readonly clientMetadata: Texts | undefined
}

/** Somebody has proven all they had to. The function's answer says nothing, but its error still keeps them out. */
export async function invokePostAuthentication(triggers: Triggers, subject: TriggerSubject, facts: Facts): Promise<void> {
  if (!hasTrigger(subject.pool, 'PostAuthentication')) return
  const { userAttributes, newDeviceUsed } = facts
  const request = { userAttributes, newDeviceUsed, ...clientMetadataOf(facts) }
  const source = 'PostAuthentication_Authentication'
  await triggers.invoke({ ...subject, trigger: 'PostAuthentication', source, request, response: {} }, () => undefined)
}
