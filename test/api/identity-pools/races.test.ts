import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { LifeguardProcess } from '../../cli/lifeguard-process.ts'
import { postgresOnly, skipWithoutPostgres } from '../../support/postgres-stage.ts'
import { type RawAnswer, rawCall } from '../../support/raw-call.ts'
import { goodPassword } from '../../support/sign-in.ts'

const shop = 'login.shop.test'
const rounds = 12
const people = ['ana', 'ben', 'cleo', 'dan']

/** What a call may be answered with when other calls change the same identities. Each is about the state that the call found. */
const expected = new Set([
  'ok',
  'ConcurrentModificationException',
  'DeveloperUserAlreadyRegisteredException',
  'NotAuthorizedException',
  'ResourceConflictException',
  'ResourceNotFoundException',
  'TooManyRequestsException',
])

const outcomeOf = ({ status, body }: RawAnswer) => (status === 200 ? 'ok' : String(body['__type']))

type Server = { readonly url: string }

/** User pools and an identity pool that accepts their users and developer users. Returns the logins of each person. */
async function givenApp(server: Server) {
  const call = async (operation: string, request: object) => {
    const { status, text, body } = await rawCall(server, operation, request)
    assert.equal(status, 200, text)
    return body as never as Record<string, Record<string, string>>
  }
  const providers: { ProviderName: string; ClientId: string }[] = []
  const logins = new Map<string, Record<string, string>[]>(people.map((name) => [name, []]))
  for (const PoolName of ['one', 'two']) {
    const UserPoolId = (await call('CreateUserPool', { PoolName }))['UserPool']?.['Id'] ?? ''
    const client = { UserPoolId, ClientName: 'app', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }
    const ClientId = (await call('CreateUserPoolClient', client))['UserPoolClient']?.['ClientId'] ?? ''
    const ProviderName = `cognito-idp.us-east-1.amazonaws.com/${UserPoolId}`
    providers.push({ ProviderName, ClientId })
    for (const Username of people) {
      await call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
      await call('AdminSetUserPassword', { UserPoolId, Username, Password: goodPassword, Permanent: true })
      const AuthParameters = { USERNAME: Username, PASSWORD: goodPassword }
      const { AuthenticationResult } = await call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
      logins.get(Username)?.push({ [ProviderName]: AuthenticationResult?.['IdToken'] ?? '' })
    }
  }
  const pool = { IdentityPoolName: 'raced', AllowUnauthenticatedIdentities: false, CognitoIdentityProviders: providers }
  const request = { ...pool, AllowClassicFlow: true, DeveloperProviderName: shop }
  const { body } = await rawCall(server, 'AWSCognitoIdentityService.CreateIdentityPool', request)
  return { IdentityPoolId: String(body['IdentityPoolId']), loginsOf: (name: string) => logins.get(name) ?? assert.fail() }
}

/** Sends each call to the other one of the two processes in turn, and notes what it is answered with. */
function startRace(servers: readonly [Server, Server], IdentityPoolId: string) {
  const race = { seen: new Set<string>(), deleted: new Set<string>(), outcomes: new Set<string>() }
  let calls = 0

  /** Resolves with the identity in the answer. */
  async function call(operation: string, request: object): Promise<string> {
    const server = servers[calls++ % 2 === 0 ? 0 : 1]
    const answer = await rawCall(server, `AWSCognitoIdentityService.${operation}`, request)
    const outcome = outcomeOf(answer)
    assert.ok(expected.has(outcome), `${operation}: ${answer.status} ${answer.text}`)
    race.outcomes.add(`${operation} ${outcome}`)
    const id = String(answer.body['IdentityId'] ?? '')
    if (id !== '') race.seen.add(id)
    return id
  }

  return {
    ...race,
    developerUser: (name: string, Logins: object = {}) =>
      call('GetOpenIdTokenForDeveloperIdentity', { IdentityPoolId, Logins: { [shop]: name, ...Logins } }),
    getId: (Logins: object) => call('GetId', { IdentityPoolId, Logins }),
    merge: (SourceUserIdentifier: string, DestinationUserIdentifier: string) =>
      call('MergeDeveloperIdentities', { IdentityPoolId, DeveloperProviderName: shop, SourceUserIdentifier, DestinationUserIdentifier }),
    unlink: (IdentityId: string, Logins: object) => call('UnlinkIdentity', { IdentityId, Logins, LoginsToRemove: Object.keys(Logins) }),
    unlinkDeveloperUser: (IdentityId: string, DeveloperUserIdentifier: string) =>
      call('UnlinkDeveloperIdentity', { IdentityPoolId, IdentityId, DeveloperProviderName: shop, DeveloperUserIdentifier }),
    deleteIdentity(id: string) {
      race.deleted.add(id)
      return call('DeleteIdentities', { IdentityIdsToDelete: [id] })
    },
  }
}

type Race = ReturnType<typeof startRace>

/** Changes the identities of all people at once. In some rounds one identity is deleted meanwhile. */
async function runRound(race: Race, round: number, loginsOf: (name: string) => readonly object[]): Promise<void> {
  const { developerUser, getId, merge, unlink, unlinkDeveloperUser, deleteIdentity } = race
  const owned = await Promise.all(
    people.map(async (name, at) => [await developerUser(name), await getId(loginsOf(name)[at % 2] ?? assert.fail())] as const),
  )
  const changes = people.flatMap((name, at) => {
    const [first = {}, second = {}] = loginsOf(name)
    const next = people[(at + 1) % people.length] ?? assert.fail()
    const [developerId, publicId] = owned[at] ?? assert.fail()
    return [
      getId({ ...first, ...second }),
      getId(second),
      merge(name, next),
      merge(next, name),
      developerUser(name, first),
      developerUser(next, second),
      ...(round % 2 === 0 ? [unlink(publicId, first), unlinkDeveloperUser(developerId, name)] : []),
    ]
  })
  const doomed = owned[round % people.length]?.[1] ?? assert.fail()
  await Promise.all([...changes, ...(round % 3 === 2 ? [deleteIdentity(doomed)] : [])])
}

async function requireConsistentIdentities(databaseUrl: string, { seen, deleted }: Race): Promise<void> {
  const storage = await openStorage({ url: databaseUrl })
  const identities = await storage.db.selectFrom('identity').selectAll().execute()
  const logins = await storage.db.selectFrom('identity_login').selectAll().execute()
  await storage.close()
  const isDisabled = new Map(identities.map(({ id, disabled_at }) => [id, disabled_at !== null]))
  for (const id of seen) assert.equal(isDisabled.has(id), !deleted.has(id), id)
  for (const { identity_id } of logins) assert.equal(isDisabled.get(identity_id), false, `the identity ${identity_id} of a login`)
  const keys = logins.map(({ provider, subject }) => `${provider} ${subject}`)
  assert.equal(new Set(keys).size, keys.length, 'each login has one identity')
  const publicLogins = logins.filter(({ provider }) => provider !== shop).map((login) => `${login.identity_id} ${login.provider}`)
  assert.equal(new Set(publicLogins).size, publicLogins.length, 'each identity has one login of a public provider')
}

describe('Changes of the same identities in two processes on PostgreSQL', { skip: skipWithoutPostgres }, () => {
  it('lose no identity, and leave no login with two identities or with a disabled one', async () => {
    const database = await postgresOnly.createDatabase()
    try {
      // Both processes have one address, so that each accepts the tokens of the other one.
      const flags = ['dev', '--port', '0', '--public-url', 'http://id.example.test', '--database', database.url]
      await using one = new LifeguardProcess(flags)
      await using two = new LifeguardProcess(flags)
      const servers = [{ url: await one.url() }, { url: await two.url() }] as const
      const { IdentityPoolId, loginsOf } = await givenApp(servers[0])
      const race = startRace(servers, IdentityPoolId)
      for (let round = 0; round < rounds; round++) await runRound(race, round, loginsOf)
      await requireConsistentIdentities(database.url, race)
      const operations = ['GetId', 'MergeDeveloperIdentities', 'UnlinkIdentity', 'UnlinkDeveloperIdentity', 'DeleteIdentities']
      for (const operation of operations) assert.ok(race.outcomes.has(`${operation} ok`), operation)
      // A caller with the right to merge is not told that it may not.
      assert.ok(!race.outcomes.has('MergeDeveloperIdentities NotAuthorizedException'))
    } finally {
      await database.drop()
    }
  })
})
