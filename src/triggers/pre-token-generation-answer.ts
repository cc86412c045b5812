import type { AnswerReader } from './answer-reader.ts'
import type { GroupFacts } from './pre-token-generation.ts'
import type { JsonObject } from './trigger.ts'

export type ClaimChanges = { readonly add: JsonObject; readonly suppress: readonly string[] }
export type ScopeChanges = { readonly add: readonly string[]; readonly suppress: readonly string[] }

/** How a function would have the tokens, as it said. What of it can be had is for whoever makes them to say. */
export type TokenChanges = {
  readonly id: ClaimChanges
  readonly access: ClaimChanges
  readonly scopes: ScopeChanges
  /** In the place of the user's own; undefined leaves those. */
  readonly groups: GroupFacts | undefined
}

const noClaims: ClaimChanges = { add: {}, suppress: [] }
const noScopes: ScopeChanges = { add: [], suppress: [] }

/** Claims and scopes that may be added and suppressed altogether. */
const mostChanges = 5000

/** Undefined when the function left the tokens alone. Throws AnswerError. */
export function readTokenChanges(answer: AnswerReader, version: string): TokenChanges | undefined {
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
function readGroups(details: AnswerReader): GroupFacts | undefined {
  if (!details.has('groupOverrideDetails')) return undefined
  const groups = details.object('groupOverrideDetails')
  return {
    names: groups?.texts('groupsToOverride') ?? [],
    roles: groups?.texts('iamRolesToOverride') ?? [],
    preferredRole: groups?.text('preferredRole'),
  }
}

const sizeOf = (changes: JsonObject | readonly string[]): number => Object.keys(changes).length
