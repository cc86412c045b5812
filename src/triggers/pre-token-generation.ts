import type { AnswerReader } from './answer-reader.ts'
import { clientMetadataOf, hasTrigger, type JsonObject, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

/** The `triggerSource` of the event: why tokens are issued. */
export type TokenGenerationSource =
  | 'TokenGeneration_HostedAuth'
  | 'TokenGeneration_Authentication'
  | 'TokenGeneration_NewPasswordChallenge'
  | 'TokenGeneration_AuthenticateDevice'
  | 'TokenGeneration_RefreshTokens'
  | 'TokenGeneration_ClientCredentials'

/** The groups and roles in the tokens of a user. */
export type GroupConfiguration = {
  readonly names: readonly string[]
  readonly roles: readonly string[]
  readonly preferredRole: string | undefined
}

export type ClaimChanges = { readonly add: JsonObject; readonly suppress: readonly string[] }
export type ScopeChanges = { readonly add: readonly string[]; readonly suppress: readonly string[] }

/** The changes to tokens that a function asked for. The token module decides which of them are allowed. */
export type TokenChanges = {
  readonly id: ClaimChanges
  readonly access: ClaimChanges
  readonly scopes: ScopeChanges
  /** The groups and roles in place of the user's own. Undefined when the function left the user's own as they are. */
  readonly groups: GroupConfiguration | undefined
}

type PreTokenGenerationRequest = {
  readonly userAttributes: Texts
  /** Undefined for tokens without a user. */
  readonly groups: GroupConfiguration | undefined
  readonly scopes: readonly string[]
  readonly clientMetadata: Texts | undefined
}

/** Invokes PreTokenGeneration. Resolves with the changes that the function asked for; with undefined when the tokens stay as they are. */
export async function invokePreTokenGeneration(
  triggers: Triggers,
  subject: TriggerSubject,
  source: TokenGenerationSource,
  details: PreTokenGenerationRequest,
): Promise<TokenChanges | undefined> {
  const { pool } = subject
  if (!hasTrigger(pool, 'PreTokenGeneration')) return undefined
  const version = pool.triggers.byName.PreTokenGeneration?.version ?? 'V1_0'
  const isFirst = version === 'V1_0'
  const request = {
    userAttributes: details.userAttributes,
    groupConfiguration: details.groups === undefined ? null : groupConfigurationOf(details.groups),
    ...(!isFirst && { scopes: details.scopes }),
    ...clientMetadataOf(details),
  }
  const response = { [isFirst ? 'claimsOverrideDetails' : 'claimsAndScopeOverrideDetails']: null }
  const call = { ...subject, trigger: 'PreTokenGeneration', source, request, response } as const
  return triggers.invoke(call, (answer) => readTokenChanges(answer, version))
}

function groupConfigurationOf({ names, roles, preferredRole }: GroupConfiguration): JsonObject {
  return { groupsToOverride: names, iamRolesToOverride: roles, preferredRole: preferredRole ?? null }
}

const noClaims: ClaimChanges = { add: {}, suppress: [] }
const noScopes: ScopeChanges = { add: [], suppress: [] }

/** The most claims and scopes that one answer may add or suppress, all of them counted together. */
const maxChanges = 5000

/** The changes that the answer asks for. Undefined when the function left the tokens as they are. */
function readTokenChanges(answer: AnswerReader, version: string): TokenChanges | undefined {
  const changes = version === 'V1_0' ? readFirstVersion(answer) : readLaterVersions(answer)
  if (changes !== undefined) {
    const count = [changes.id, changes.access, changes.scopes].reduce((sum, { add, suppress }) => sum + sizeOf(add) + suppress.length, 0)
    if (count > maxChanges) throw answer.error(`at most ${maxChanges} claims and scopes`, String(count))
  }
  return changes
}

/** Reads the answer to an event of version 1. Such an answer cannot change access tokens, except their groups. Its claims are texts. */
function readFirstVersion(answer: AnswerReader): TokenChanges | undefined {
  const details = answer.object('claimsOverrideDetails')
  if (details === undefined) return undefined
  const id = { add: details.textMap('claimsToAddOrOverride') ?? {}, suppress: details.texts('claimsToSuppress') ?? [] }
  return { id, access: noClaims, scopes: noScopes, groups: readGroups(details) }
}

function readLaterVersions(answer: AnswerReader): TokenChanges | undefined {
  const details = answer.object('claimsAndScopeOverrideDetails')
  if (details === undefined) return undefined
  const access = details.object('accessTokenGeneration')
  return {
    id: readClaims(details.object('idTokenGeneration')),
    access: readClaims(access),
    scopes: access === undefined ? noScopes : { add: readScopes(access, 'scopesToAdd'), suppress: access.texts('scopesToSuppress') ?? [] },
    groups: readGroups(details),
  }
}

function readClaims(generation: AnswerReader | undefined): ClaimChanges {
  if (generation === undefined) return noClaims
  const add = generation.map('claimsToAddOrOverride') ?? {}
  const empty = Object.keys(add).find((name) => add[name] === null)
  if (empty !== undefined) throw generation.error(`a value for the claim ${JSON.stringify(empty)}`, 'null')
  return { add, suppress: generation.texts('claimsToSuppress') ?? [] }
}

/** Scopes are separated by spaces in a token, so a scope with a space would be several scopes. */
function readScopes(access: AnswerReader, name: string): readonly string[] {
  const scopes = access.texts(name) ?? []
  const wrong = scopes.findIndex((scope) => scope === '' || /\s/.test(scope))
  if (wrong >= 0) throw access.error(`${name}[${wrong}] without spaces`, scopes[wrong] === '' ? 'nothing' : 'a space')
  return scopes
}

/** A response with `groupOverrideDetails` replaces the groups, even if that member is empty or null. Without it, the groups stay. */
function readGroups(details: AnswerReader): GroupConfiguration | undefined {
  if (!details.has('groupOverrideDetails')) return undefined
  const groups = details.object('groupOverrideDetails')
  return {
    names: groups?.texts('groupsToOverride') ?? [],
    roles: groups?.texts('iamRolesToOverride') ?? [],
    preferredRole: groups?.text('preferredRole'),
  }
}

const sizeOf = (changes: JsonObject | readonly string[]): number => Object.keys(changes).length
