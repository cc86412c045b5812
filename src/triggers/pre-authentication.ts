import { hasTrigger, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

type Facts = {
  /** Empty for somebody who does not exist. */
  readonly userAttributes: Texts
  /** The ClientMetadata of InitiateAuth, which goes by this name here. */
  readonly validationData: Texts | undefined
  readonly userNotFound: boolean
}

/** Whether somebody may try to sign in at all; a function that says no does so by an error, which is thrown. */
export async function invokePreAuthentication(triggers: Triggers, subject: TriggerSubject, facts: Facts): Promise<void> {
  if (!hasTrigger(subject.pool, 'PreAuthentication')) return
  const request = { ...facts, validationData: facts.validationData ?? null }
  const source = 'PreAuthentication_Authentication'
  await triggers.invoke({ ...subject, trigger: 'PreAuthentication', source, request, response: {} }, () => undefined)
}
