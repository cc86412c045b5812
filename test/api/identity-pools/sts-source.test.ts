import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { availableParallelism } from 'node:os'
import { after, beforeEach, describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { getId, givenPools } from '../../support/identity-logins.ts'
import { callJson } from '../../support/identity-pools.ts'
import { openLocalSts, refuse, resultXml, stsCredentials } from '../../support/local-sts.ts'
import { roleArn } from '../../support/roles.ts'
import { startTestServer, useTestServer } from '../../support/test-server.ts'

const wrongRoles = {
  name: 'InvalidIdentityPoolConfigurationException',
  message: 'Invalid identity pool configuration. Check assigned IAM roles for this pool.',
}
const noResponse = { name: 'ExternalServiceException', message: 'The service that gives credentials did not respond as expected.' }

/** How many requests a server processes at once when it starts (work-limit.ts). */
const slots = 16 * availableParallelism()

type Logins = Readonly<Record<string, string>>

for (const engine of engines) {
  describe(`GetCredentialsForIdentity with --sts-url on ${engine.name}`, async () => {
    const sts = await openLocalSts()
    after(sts.close)
    beforeEach(() => {
      sts.state.calls = []
      sts.state.answer = undefined
    })
    const server = useTestServer(engine, { flags: ['--sts-url', sts.url] })
    const getCredentials = (IdentityId: string, Logins?: Logins, CustomRoleArn?: string) =>
      callJson(server(), 'GetCredentialsForIdentity', { IdentityId, Logins, CustomRoleArn })

    /** Pools whose roles only the STS has. */
    async function givenApp() {
      const pools = await givenPools(server())
      const Roles = { authenticated: roleArn(`user-${pools.clientId}`), unauthenticated: roleArn(`guest-${pools.clientId}`) }
      const audience = pools.IdentityPoolId
      sts.state.roles.set(Roles.authenticated, { audience, amr: 'authenticated' })
      sts.state.roles.set(Roles.unauthenticated, { audience, amr: 'unauthenticated' })
      await callJson(server(), 'SetIdentityPoolRoles', { IdentityPoolId: audience, Roles })
      return { ...pools, Roles }
    }

    async function givenUser() {
      const app = await givenApp()
      const { Logins } = await app.login('ana')
      return { ...app, Logins, id: await getId(server(), app.IdentityPoolId, Logins) }
    }

    it('gives a user the credentials that the STS gives for a token of the identity', async () => {
      const { IdentityPoolId, Logins, id, Roles, provider } = await givenUser()
      await callJson(server(), 'SetPrincipalTagAttributeMap', {
        IdentityPoolId,
        IdentityProviderName: provider,
        PrincipalTags: { name: 'cognito:username' },
      })
      const before = Date.now()
      const { IdentityId, Credentials } = await getCredentials(id, Logins)
      const { Expiration = 0, ...rest } = Credentials ?? {}
      assert.deepEqual([IdentityId, rest], [id, stsCredentials])
      assert.ok(Math.abs(Expiration * 1000 - before - 3_600_000) < 60_000)
      const [call, ...others] = sts.state.calls
      assert.deepEqual(others, [])
      const { WebIdentityToken: _token, ...parameters } = Object.fromEntries(call?.parameters ?? [])
      assert.deepEqual(parameters, {
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: Roles.authenticated,
        RoleSessionName: 'CognitoIdentityCredentials',
        DurationSeconds: '3600',
      })
      assert.deepEqual([call?.claims.sub, call?.claims.aud], [id, IdentityPoolId])
      assert.deepEqual(call?.claims['https://aws.amazon.com/tags'], { principal_tags: { name: ['ana'] }, transitive_tag_keys: ['name'] })
    })

    it("limits a guest's credentials by Cognito's policy for guests", async () => {
      const { IdentityPoolId, Roles } = await givenApp()
      await getCredentials(await getId(server(), IdentityPoolId))
      const [call] = sts.state.calls
      assert.equal(call?.parameters.get('RoleArn'), Roles.unauthenticated)
      const policy = call?.parameters.get('Policy') ?? ''
      // AWS accepts session policies of at most 2,048 characters.
      assert.ok(policy.length <= 2048)
      const [{ Effect, Resource, Action }] = JSON.parse(policy).Statement
      assert.deepEqual([Effect, Resource], ['Allow', '*'])
      assert.ok(['s3:*', 'dynamodb:*', 'kms:Decrypt'].every((action) => Action.includes(action)))
      assert.ok(!Action.some((action: string) => /^(iam|sts|ec2|\*)/.test(action)))
    })

    it('chooses the role itself, before it asks the STS', async () => {
      const { IdentityPoolId, Roles } = await givenApp()
      const guest = await getId(server(), IdentityPoolId)
      await assert.rejects(getCredentials(guest, undefined, Roles.authenticated), { name: 'NotAuthorizedException' })
      assert.deepEqual(sts.state.calls, [])
    })

    it('reports a role that the STS refuses as a wrong configuration', async () => {
      const { Logins, id, Roles, IdentityPoolId } = await givenUser()
      sts.state.roles.set(Roles.authenticated, { audience: IdentityPoolId, amr: 'unauthenticated' })
      await assert.rejects(getCredentials(id, Logins), wrongRoles)
      for (const code of ['InvalidIdentityToken', 'ExpiredTokenException', 'PackedPolicyTooLarge', 'ValidationError']) {
        sts.state.answer = (response) => refuse(response, 400, code)
        await assert.rejects(getCredentials(id, Logins), wrongRoles, code)
      }
    })

    it('reports an STS that answers wrongly, or does not reach our keys, as an external failure', async () => {
      const { Logins, id } = await givenUser()
      const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
        failure: (response) => refuse(response, 500, 'InternalFailure'),
        'no access to our keys': (response) => refuse(response, 400, 'IDPCommunicationError'),
        throttling: (response) => refuse(response, 400, 'Throttling'),
        'not XML': (response) => response.writeHead(200).end('{}'),
        'no credentials': (response) => response.writeHead(200).end(resultXml('')),
        'half of the credentials': (response) =>
          response.writeHead(200).end(resultXml('<Credentials><AccessKeyId>ASIA</AccessKeyId></Credentials>')),
        'a broken connection': (response) => response.destroy(),
      }
      for (const [name, answer] of Object.entries(answers)) {
        sts.state.answer = answer
        await assert.rejects(getCredentials(id, Logins), noResponse, name)
      }
    })

    it('does not wait for ever for an STS that does not answer, or does not end its answer', async () => {
      const { Logins, id } = await givenUser()
      sts.state.answer = () => undefined
      const silent = assert.rejects(getCredentials(id, Logins), noResponse)
      await silent
      const timers: NodeJS.Timeout[] = []
      sts.state.answer = (response) => {
        response.writeHead(200)
        timers.push(setInterval(() => response.write(' '), 100))
      }
      await assert.rejects(getCredentials(id, Logins), noResponse)
      for (const timer of timers) clearInterval(timer)
    })

    it('answers other requests while more requests than it has slots wait for an STS that does not answer', async () => {
      await using busy = await startTestServer(engine, { flags: ['--sts-url', sts.url, '--shed-load', '--log-level', 'fatal'] })
      const { IdentityPoolId } = await givenPools(busy)
      await callJson(busy, 'SetIdentityPoolRoles', { IdentityPoolId, Roles: { unauthenticated: roleArn('guest') } })
      const IdentityId = await getId(busy, IdentityPoolId)
      sts.state.answer = () => undefined
      const waiting: Promise<void>[] = []
      for (let at = 0; at < 2 * slots; at++) {
        const refused = assert.rejects(callJson(busy, 'GetCredentialsForIdentity', { IdentityId }), noResponse)
        refused.catch(() => undefined)
        waiting.push(refused)
        await getId(busy, IdentityPoolId)
      }
      await Promise.all(waiting)
      sts.state.answer = undefined
      await assert.rejects(callJson(busy, 'GetCredentialsForIdentity', { IdentityId }), wrongRoles)
    })

    it('reports an STS that cannot be reached as an external failure', async () => {
      const gone = await openLocalSts()
      gone.close()
      await using other = await startTestServer(engine, { flags: ['--sts-url', gone.url] })
      const { IdentityPoolId } = await givenPools(other)
      const Roles = { unauthenticated: roleArn('guest') }
      await callJson(other, 'SetIdentityPoolRoles', { IdentityPoolId, Roles })
      const IdentityId = await getId(other, IdentityPoolId)
      await assert.rejects(callJson(other, 'GetCredentialsForIdentity', { IdentityId }), noResponse)
    })
  })
}
