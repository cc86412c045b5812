import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  DeleteIdentitiesCommand,
  DeleteIdentityPoolCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity'
import { ListGroupsCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { givenRoleSessions } from '../../support/role-sessions.ts'
import { policyDocument, trustOfIdentityPool } from '../../support/roles.ts'
import { signedCall } from '../../support/signed-call.ts'

const denied = { name: 'AccessDeniedException' }
const unrecognized = { name: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }
const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
/** For how long a process that missed an announcement may use what it has cached. */
const cachedMs = 5_000

for (const engine of engines) {
  describe(`A session of a role at the gate of serve, on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let pools: Awaited<ReturnType<typeof givenRoleSessions>>
    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
      pools = await givenRoleSessions(server, owner)
    })
    after(() => server.close())

    const listUsers = (credentials: Credentials, at = server) =>
      at.client(credentials).send(new ListUsersCommand({ UserPoolId: pools.userPoolId }))
    const listGroups = (credentials: Credentials) =>
      server.client(credentials).send(new ListGroupsCommand({ UserPoolId: pools.userPoolId }))
    const allow = (Action: string, Resource = pools.userPoolArn) => ({ Effect: 'Allow', Action, Resource })
    const deny = (Action: string) => ({ ...allow(Action), Effect: 'Deny' })

    it('may do what the policies of the role allow together, unless one of them denies it', async () => {
      const RoleArn = pools.roleArn('several')
      const Policies = {
        users: policyDocument(allow('cognito-idp:List*')),
        groups: policyDocument(allow('cognito-idp:*Groups'), deny('cognito-idp:ListGroups')),
      }
      const role = { RoleArn, TrustPolicy: policyDocument(trustOfIdentityPool(pools.identityPoolId)), Policies }
      await signedCall(server, owner, 'PutRole', role)
      const { credentials } = await pools.assume(RoleArn, 'ana')
      await listUsers(credentials)
      const user = `User: arn:aws:sts::${server.accountId}:assumed-role/several/shop is not authorized to perform:`
      await assert.rejects(listGroups(credentials), {
        ...denied,
        message: `${user} cognito-idp:ListGroups on resource: ${pools.userPoolArn} with an explicit deny in an identity-based policy`,
      })
      await assert.rejects(signedCall(server, credentials, 'ListRoles', {}), {
        ...denied,
        message: `${user} lifeguard:ListRoles on resource: * because no identity-based policy allows the lifeguard:ListRoles action`,
      })
    })

    it('may do nothing when the role has no policy', async () => {
      await signedCall(server, owner, 'PutRole', {
        RoleArn: pools.roleArn('empty'),
        TrustPolicy: policyDocument(trustOfIdentityPool(pools.identityPoolId)),
      })
      await assert.rejects(listUsers((await pools.assume(pools.roleArn('empty'), 'ana')).credentials), denied)
    })

    it('is narrowed by its own policy, and not widened', async () => {
      const role = await pools.putRole('narrowed', [allow('cognito-idp:ListUsers'), allow('cognito-idp:ListGroups')])
      const narrow = (await pools.assume(role, 'ana', { policy: [allow('cognito-idp:ListUsers')] })).credentials
      await listUsers(narrow)
      await assert.rejects(listGroups(narrow), denied)
      const without = (await pools.assume(role, 'ana', { policy: [everything, deny('cognito-idp:ListUsers')] })).credentials
      await assert.rejects(listUsers(without), denied)
      await listGroups(without)
      const wide = (await pools.assume(role, 'ana', { policy: [everything] })).credentials
      await listGroups(wide)
      await assert.rejects(signedCall(server, wide, 'ListRoles', {}), denied)
    })

    it('follows a policy that another server process changed, and ends when that process revokes it or deletes the role', async () => {
      await using other = await startProductionServer(engine, { like: server })
      const role = await pools.putRole('changed', [allow('cognito-idp:ListUsers')])
      const put = (statement: object, more: object = {}) =>
        signedCall(other, owner, 'PutRole', {
          RoleArn: role,
          TrustPolicy: policyDocument(trustOfIdentityPool(pools.identityPoolId)),
          Policies: { main: policyDocument(statement) },
          ...more,
        })
      const later = () => {
        for (const { clock } of [server, other]) clock.advance(cachedMs)
      }
      const { credentials } = await pools.assume(role, 'ana')
      for (const at of [server, other]) await listUsers(credentials, at)

      await put(deny('cognito-idp:ListUsers'))
      // The process that made the change follows it at once.
      await assert.rejects(listUsers(credentials, other), denied)
      later()
      await assert.rejects(listUsers(credentials), denied)
      await put(allow('cognito-idp:ListUsers'))
      later()
      await listUsers(credentials)

      await put(allow('cognito-idp:ListUsers'), { RevokeSessions: true })
      await assert.rejects(listUsers(credentials, other), unrecognized)
      later()
      await assert.rejects(listUsers(credentials), unrecognized)
      const { credentials: next } = await pools.assume(role, 'ana')
      for (const at of [server, other]) await listUsers(next, at)

      await signedCall(other, owner, 'DeleteRole', { RoleArn: role })
      await assert.rejects(listUsers(next, other), unrecognized)
      later()
      await assert.rejects(listUsers(next), unrecognized)
      await put(everything)
      // The new role counts its revocations from the start, and gets as many as the deleted one had.
      await put(everything, { RevokeSessions: true })
      later()
      for (const at of [server, other]) await assert.rejects(listUsers(next, at), unrecognized)
    })

    it('ends after the seconds that it was asked for', async () => {
      await using own = await startProductionServer(engine)
      const ownPools = await givenRoleSessions(own, await own.createKey())
      const { credentials } = await ownPools.assume(await ownPools.putRole('short', [everything]), 'ana', { seconds: 900 })
      own.clock.advance(899_999)
      await signedCall(own, credentials, 'ListRoles', {})
      own.clock.advance(1)
      await assert.rejects(signedCall(own, credentials, 'ListRoles', {}), { name: 'ExpiredTokenException' })
    })

    it('ends with its identity, or with its identity pool', async () => {
      const own = await givenRoleSessions(server, owner)
      const role = await own.putRole('ending', [everything])
      const [ana, ben] = [await own.assume(role, 'ana'), await own.assume(role, 'ben')]
      await listUsers(ana.credentials)
      await own.identityPools.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [ana.identityId] }))
      await assert.rejects(listUsers(ana.credentials), unrecognized)
      await listUsers(ben.credentials)
      await own.identityPools.send(new DeleteIdentityPoolCommand({ IdentityPoolId: own.identityPoolId }))
      await assert.rejects(listUsers(ben.credentials), unrecognized)
    })

    it('is denied from a time on by aws:TokenIssueTime, as IAM revokes sessions, while newer sessions go on', async () => {
      const role = await pools.putRole('issued', [allow('cognito-idp:ListUsers')])
      const old = (await pools.assume(role, 'ana')).credentials
      server.clock.advance(1_000)
      const Condition = { DateLessThan: { 'aws:TokenIssueTime': new Date(server.clock.now()).toISOString() } }
      await pools.putRole('issued', [allow('cognito-idp:ListUsers'), { Effect: 'Deny', Action: '*', Resource: '*', Condition }])
      await assert.rejects(listUsers(old), denied)
      await listUsers((await pools.assume(role, 'ana')).credentials)
    })

    it('reaches the resource that its tags name, and a wildcard in a tag reaches nothing more', async () => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a policy variable
      const tagged = pools.userPoolArn.replace(pools.userPoolId, '${aws:PrincipalTag/pool}')
      const role = await pools.putRole('tagged', [allow('cognito-idp:ListUsers', tagged)])
      const withTag = async (tags?: Record<string, string>) => (await pools.assume(role, 'ana', tags && { tags })).credentials
      await listUsers(await withTag({ pool: pools.userPoolId }))
      await listUsers(await withTag({ POOL: pools.userPoolId }))
      const wrong: (Record<string, string> | undefined)[] = [
        undefined,
        { pool: 'other' },
        { pool: '*' },
        { pool: '?'.repeat(pools.userPoolId.length) },
        { other: pools.userPoolId },
      ]
      for (const tags of wrong) {
        await assert.rejects(listUsers(await withTag(tags)), denied, JSON.stringify(tags))
      }
    })

    it('reaches the resource that its identity names, and not that of another identity', async () => {
      const roleOf = (identity: string) => pools.roleArn(`of/${identity}/own`)
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a policy variable
      const role = await pools.putRole('owner', [allow('lifeguard:GetRole', roleOf('${cognito-identity.amazonaws.com:sub}'))])
      const [ana, ben] = [await pools.assume(role, 'ana'), await pools.assume(role, 'ben')]
      for (const { identityId } of [ana, ben]) await pools.putRole(`of/${identityId}/own`, [everything])
      const getRole = (identity: string) => signedCall(server, ana.credentials, 'GetRole', { RoleArn: roleOf(identity) })
      assert.equal((await getRole(ana.identityId)).Role.RoleArn, roleOf(ana.identityId))
      for (const identity of [ben.identityId, '*', `${ana.identityId}/x`]) await assert.rejects(getRole(identity), denied)
      await assert.rejects(signedCall(server, ana.credentials, 'PutRole', { RoleArn: roleOf(ana.identityId), TrustPolicy: '{}' }), denied)
      // A user pool has another ARN than the identity.
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a policy variable
      const ofUserPool = pools.userPoolArn.replace(pools.userPoolId, '${cognito-identity.amazonaws.com:sub}')
      await pools.putRole('owner', [allow('cognito-idp:ListUsers', ofUserPool)])
      await assert.rejects(listUsers(ana.credentials), denied)
    })

    it('deletes identities of the identity pools that its policies allow, and of no other', async () => {
      const identityPoolArn = (id: string) => `arn:aws:cognito-identity:${server.region}:${server.accountId}:identitypool/${id}`
      const newIdentity = async () => {
        const settings = { IdentityPoolName: 'guests', AllowUnauthenticatedIdentities: true }
        const { IdentityPoolId = '' } = await pools.identityPools.send(new CreateIdentityPoolCommand(settings))
        const { IdentityId = '' } = await pools.identityPools.send(new GetIdCommand({ IdentityPoolId }))
        return { IdentityPoolId, IdentityId }
      }
      const [one, other] = [await newIdentity(), await newIdentity()]
      const both = [one, other].map(({ IdentityPoolId }) => allow('cognito-identity:DeleteIdentities', identityPoolArn(IdentityPoolId)))
      const role = await pools.putRole('deleting', both)
      // The role allows both identity pools, and the session one of them.
      const { credentials } = await pools.assume(role, 'ana', { policy: both.slice(0, 1) })
      const client = new CognitoIdentityClient({ endpoint: server.url, region: server.region, credentials, maxAttempts: 1 })
      const ids = [one.IdentityId, other.IdentityId]
      const { UnprocessedIdentityIds } = await client.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: ids }))
      assert.deepEqual(
        UnprocessedIdentityIds?.map(({ IdentityId, ErrorCode }) => [IdentityId, ErrorCode]),
        [[other.IdentityId, 'AccessDenied']],
      )
      client.destroy()
      const without = (await pools.assume(role, 'ana', { policy: [allow('cognito-idp:ListUsers')] })).credentials
      const refused = new CognitoIdentityClient({ endpoint: server.url, region: server.region, credentials: without, maxAttempts: 1 })
      await assert.rejects(refused.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: ids })), denied)
      refused.destroy()
    })
  })

  describe(`A session token of a role on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let ana: Credentials
    let ben: Credentials
    let userPoolId = ''
    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
      const pools = await givenRoleSessions(server, owner)
      userPoolId = pools.userPoolId
      const role = await pools.putRole('any', [everything])
      ana = (await pools.assume(role, 'ana')).credentials
      ben = (await pools.assume(role, 'ben')).credentials
      for (const credentials of [ana, ben]) await listUsers(credentials)
    })
    after(() => server.close())

    const listUsers = (credentials: Credentials) => server.client(credentials).send(new ListUsersCommand({ UserPoolId: userPoolId }))
    const withToken = (sessionToken: string, credentials = ana) => listUsers({ ...credentials, sessionToken })

    it('is refused when any part of it was altered', async () => {
      const token = ana.sessionToken ?? ''
      const positions = Array.from({ length: 25 }, (_, at) => Math.floor((at * (token.length - 1)) / 24))
      const altered = positions.map((at) => `${token.slice(0, at)}${token[at] === 'A' ? 'Q' : 'A'}${token.slice(at + 1)}`)
      const others = [token.slice(0, -1), `${token}A`, `${token}=`, token.slice(0, 5), token.toUpperCase(), `${token}${'A'.repeat(4096)}`]
      for (const text of [...altered, ...others]) await assert.rejects(withToken(text), unrecognized, text.slice(0, 20))
      await listUsers(ana)
    })

    it('is refused with the key of another session, and so is a key with the secret of another one', async () => {
      await assert.rejects(withToken(ben.sessionToken ?? ''), unrecognized)
      await assert.rejects(listUsers({ ...ana, accessKeyId: ben.accessKeyId }), unrecognized)
      await assert.rejects(listUsers({ ...ana, secretAccessKey: ben.secretAccessKey }), { name: 'InvalidSignatureException' })
    })

    it('is required with each request', async () => {
      const { sessionToken, ...rest } = ana
      await assert.rejects(listUsers(rest), unrecognized)
      await assert.rejects(withToken('x'), unrecognized)
    })

    it('does not replace the token of an access key, nor the other way round', async () => {
      const temporary = await server.createKey({ flags: ['--session-seconds', '900'] })
      await listUsers(temporary)
      await assert.rejects(withToken(ana.sessionToken ?? '', owner), unrecognized)
      await assert.rejects(withToken(ana.sessionToken ?? '', temporary), unrecognized)
      await assert.rejects(withToken(temporary.sessionToken ?? ''), unrecognized)
    })

    it('is refused when a server with another master key made it, even for a role and an identity of the same names', async () => {
      await using stranger = await startProductionServer(engine)
      const pools = await givenRoleSessions(stranger, await stranger.createKey())
      const { credentials } = await pools.assume(await pools.putRole('any', [everything]), 'ana')
      await assert.rejects(listUsers(credentials), unrecognized)
    })
  })
}
