import type { AnswerReader } from './answer-reader.ts'
import { clientMetadataOf, hasTrigger, type JsonObject, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

/** What tokens are made for. */
export type TokenGenerationSource =
  | 'TokenGeneration_HostedAuth'
  | 'TokenGeneration_Authentication'
  | 'TokenGeneration_NewPasswordChallenge'
  | 'TokenGeneration_AuthenticateDevice'
  | 'TokenGeneration_RefreshTokens'
  | 'TokenGeneration_ClientCredentials'

/** What tokens say of groups and their roles. */
export type GroupConfiguration = {
  readonly names: readonly string[]
  readonly roles: readonly string[]
  readonly preferredRole: string | undefined
}

type Facts = {
  readonly userAttributes: Texts
  /** Undefined where there is no user. */
  readonly groups: GroupConfiguration | undefined
  readonly scopes: readonly string[]
  readonly clientMetadata: Texts | undefined
}

/** How a function would have the tokens; undefined leaves them as they are. */
export async function invokePreTokenGeneration(
  triggers: Triggers,
  subject: TriggerSubject,
  source: TokenGenerationSource,
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
  return triggers.invoke(call, (answer) => readTokenChanges(answer, version))
}

function groupConfigurationOf({ names, roles, preferredRole }: GroupConfiguration): JsonObject {
  return { groupsToOverride: names, iamRolesToOverride: roles, preferredRole: preferredRole ?? null }
}

export type ClaimChanges = { readonly add: JsonObject; readonly suppress: readonly string[] }
export type ScopeChanges = { readonly add: readonly string[]; readonly suppress: readonly string[] }

/** How a function would have the tokens, as it said. What of it can be had is for whoever makes them to say. */
export type TokenChanges = {
  readonly id: ClaimChanges
  readonly access: ClaimChanges
  readonly scopes: ScopeChanges
  /** In the place of the user's own; undefined leaves those. */
  readonly groups: GroupConfiguration | undefined
}

const noClaims: ClaimChanges = { add: {}, suppress: [] }
const noScopes: ScopeChanges = { add: [], suppress: [] }

/** Claims and scopes that may be added and suppressed altogether. */
const mostChanges = 5000

/** Undefined when the function left the tokens alone. Throws AnswerError. */
function readTokenChanges(answer: AnswerReader, version: string): TokenChanges | undefined {
  const changes = version === 'V1_0' ? readFirstVersion(answer) : readLaterVersions(answer)
  if (changes !== undefined) {
    const count = [changes.id, changes.access, changes.scopes].reduce((sum, { add, suppress }) => sum + sizeOf(add) + suppress.length, 0)
    if (count > mostChanges) throw answer.wrong(`at most ${mostChanges} claims and scopes`, String(count))
  }
  return changes
}

/** The first version knows nothing of access tokens but that they have groups, and no claims but text. */
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
  if (empty !== undefined) throw generation.wrong(`a value for the claim ${JSON.stringify(empty)}`, 'null')
  return { add, suppress: generation.texts('claimsToSuppress') ?? [] }
}

/** In a token scopes are separated by spaces, so one with a space would be several. */
function readScopes(access: AnswerReader, name: string): readonly string[] {
  const scopes = access.texts(name) ?? []
  const wrong = scopes.findIndex((scope) => scope === '' || /\s/.test(scope))
  if (wrong >= 0) throw access.wrong(`${name}[${wrong}] without spaces`, scopes[wrong] === '' ? 'nothing' : 'a space')
  return scopes
}

/** Whoever mentions the groups replaces them, by none when nothing is said of them; whoever does not leaves them as they are. */
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
