import { readTokenChanges, type TokenChanges } from './pre-token-generation-answer.ts'
import { hasTrigger, type JsonObject, type Triggers } from './trigger.ts'
import { clientMetadataOf, type Texts, type TriggerSubject } from './trigger-subject.ts'

/** What tokens are made for. */
export type TokenOccasion =
  | 'TokenGeneration_HostedAuth'
  | 'TokenGeneration_Authentication'
  | 'TokenGeneration_NewPasswordChallenge'
  | 'TokenGeneration_AuthenticateDevice'
  | 'TokenGeneration_RefreshTokens'
  | 'TokenGeneration_ClientCredentials'

/** What tokens say of groups and their roles. */
export type GroupFacts = {
  readonly names: readonly string[]
  readonly roles: readonly string[]
  readonly preferredRole: string | undefined
}

type Facts = {
  readonly userAttributes: Texts
  /** Undefined where there is no user. */
  readonly groups: GroupFacts | undefined
  readonly scopes: readonly string[]
  readonly clientMetadata: Texts | undefined
}

/** How a function would have the tokens; undefined leaves them as they are. */
export async function invokePreTokenGeneration(
  triggers: Triggers,
  subject: TriggerSubject,
  source: TokenOccasion,
  facts: Facts,
): Promise<TokenChanges | undefined> {
  const { pool } = subject
  if (!hasTrigger(pool, 'PreTokenGeneration')) return undefined
  const version = pool.triggers.byName.PreTokenGeneration?.version ?? 'V1_0'
  const isFirst = version === 'V1_0'
  const request = {
    userAttributes: facts.userAttributes,
    groupConfiguration: facts.groups === undefined ? null : groupConfigurationOf(facts.groups),
    ...(!isFirst && { scopes: facts.scopes }),
    ...clientMetadataOf(facts),
  }
  const response = { [isFirst ? 'claimsOverrideDetails' : 'claimsAndScopeOverrideDetails']: null }
  const call = { ...subject, trigger: 'PreTokenGeneration', source, request, response } as const
  return triggers.ask(call, (answer) => readTokenChanges(answer, version))
}

function groupConfigurationOf({ names, roles, preferredRole }: GroupFacts): JsonObject {
  return { groupsToOverride: names, iamRolesToOverride: roles, preferredRole: preferredRole ?? null }
}
