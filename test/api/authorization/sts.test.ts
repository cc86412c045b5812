import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { DeleteIdentitiesCommand, GetOpenIdTokenCommand } from '@aws-sdk/client-cognito-identity'
import { ListGroupsCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromTokenFile, fromWebToken } from '@aws-sdk/credential-providers'
import { engines } from '../../support/engines.ts'
import { noteSecrets } from '../../support/evidence.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { callSts, elementOf, sendForm } from '../../support/sts.ts'

const denied = { name: 'AccessDeniedException' }
const notAuthorized = { name: 'AccessDenied', message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity' }
const callerForm = 'Action=GetCallerIdentity&Version=2011-06-15'

for (const engine of engines) {
  describe(`The STS of serve on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    const clients: STSClient[] = []

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
    })
    after(async () => {
      for (const client of clients) client.destroy()
      await server.close()
    })

    function sts(credentials?: Credentials, region = 'us-east-1'): STSClient {
      const client = new STSClient({ endpoint: server.url, region, maxAttempts: 1, ...(credentials && { credentials }) })
      clients.push(client)
      return client
    }

    /** Pools, a role whose sessions may list users, and the token of a user by the classic flow. */
    async function givenToken() {
      const pools = await givenProductionPools(server, owner)
      const RoleArn = await pools.putRole(`reader-${pools.clientId}`, [
        { Effect: 'Allow', Action: 'cognito-idp:ListUsers', Resource: pools.userPoolArn },
      ])
      const logins = await pools.signIn('ana')
      const identityId = await pools.getId(logins)
      const { Token = '' } = await pools.identityPools.send(new GetOpenIdTokenCommand({ IdentityId: identityId, Logins: logins }))
      noteSecrets({ Token })
      return { ...pools, RoleArn, identityId, token: Token, idToken: logins[pools.provider] ?? '' }
    }

    const listUsers = (credentials: Credentials, UserPoolId: string) =>
      server.client(credentials).send(new ListUsersCommand({ UserPoolId }))

    it('gives the credentials of a role for the token of an identity, which sign what the role allows and nothing else', async () => {
      const { RoleArn, identityId, identityPoolId, token, userPoolId } = await givenToken()
      const request = { RoleArn, RoleSessionName: 'ana@shop', WebIdentityToken: token }
      const answer = await sts().send(new AssumeRoleWithWebIdentityCommand(request))
      noteSecrets(answer)
      const { Credentials: given, AssumedRoleUser, $metadata } = answer
      assert.match($metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
      assert.equal(given?.Expiration?.getTime(), Math.floor(server.clock.now() / 1000) * 1000 + 3_600_000)
      assert.equal(AssumedRoleUser?.Arn, `arn:aws:sts::${server.accountId}:assumed-role/${RoleArn.split('/')[1]}/ana@shop`)
      assert.match(AssumedRoleUser.AssumedRoleId ?? '', /^AROA[A-Z2-7]{16}:ana@shop$/)
      assert.deepEqual(
        [answer.SubjectFromWebIdentityToken, answer.Audience, answer.Provider, answer.PackedPolicySize],
        [identityId, identityPoolId, 'cognito-identity.amazonaws.com', undefined],
      )
      const credentials = {
        accessKeyId: given?.AccessKeyId ?? '',
        secretAccessKey: given?.SecretAccessKey ?? '',
        sessionToken: given?.SessionToken ?? '',
      }
      assert.equal((await listUsers(credentials, userPoolId)).Users?.length, 1)
      await assert.rejects(server.client(credentials).send(new ListGroupsCommand({ UserPoolId: userPoolId })), denied)
      const caller = await sts(credentials).send(new GetCallerIdentityCommand({}))
      assert.deepEqual([caller.Account, caller.Arn, caller.UserId], [server.accountId, AssumedRoleUser.Arn, AssumedRoleUser.AssumedRoleId])
    })

    it('serves fromWebToken and fromTokenFile', async () => {
      const { RoleArn, token, userPoolId } = await givenToken()
      const clientConfig = { endpoint: server.url, region: server.region }
      const more = { roleArn: RoleArn, roleSessionName: 'session', clientConfig }
      const folder = mkdtempSync(join(tmpdir(), 'lifeguard-token-'))
      try {
        const webIdentityTokenFile = join(folder, 'token')
        writeFileSync(webIdentityTokenFile, token)
        for (const provider of [fromWebToken({ ...more, webIdentityToken: token }), fromTokenFile({ ...more, webIdentityTokenFile })]) {
          const credentials = await provider()
          noteSecrets(credentials)
          assert.equal((await listUsers(credentials as Credentials, userPoolId)).Users?.length, 1)
        }
      } finally {
        rmSync(folder, { recursive: true })
      }
    })

    it('limits a session by the policy of the request, and says how much room it takes', async () => {
      const { RoleArn, token, userPoolId } = await givenToken()
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'cognito-idp:List*', Resource: '*' }] })
      const request = { RoleArn, RoleSessionName: 'session', WebIdentityToken: token }
      const assume = async (policy: string) => {
        const answer = await sts().send(new AssumeRoleWithWebIdentityCommand({ ...request, Policy: policy }))
        noteSecrets(answer)
        const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {}
        return { answer, credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } }
      }
      const { answer, credentials } = await assume(Policy)
      assert.ok((answer.PackedPolicySize ?? 0) > 0 && (answer.PackedPolicySize ?? 0) <= 100)
      await listUsers(credentials, userPoolId)
      await assert.rejects(server.client(credentials).send(new ListGroupsCommand({ UserPoolId: userPoolId })), denied)
      const other = await assume(Policy.replace('List*', 'AdminGetUser'))
      await assert.rejects(listUsers(other.credentials, userPoolId), denied)
      await assert.rejects(assume('{"Statement":[]}'), { name: 'MalformedPolicyDocumentException' })
    })

    it('ends a session with its identity, and gives a deleted identity no new one', async () => {
      const { RoleArn, token, identityId, identityPools, userPoolId } = await givenToken()
      const provider = fromWebToken({
        roleArn: RoleArn,
        webIdentityToken: token,
        roleSessionName: 'session',
        clientConfig: { endpoint: server.url, region: server.region, maxAttempts: 1 },
      })
      const credentials = (await provider()) as Credentials
      noteSecrets(credentials)
      await listUsers(credentials, userPoolId)
      await identityPools.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [identityId] }))
      // On PostgreSQL the process learns of the deletion a moment later, and after five seconds at the latest.
      server.clock.advance(5_000)
      await assert.rejects(listUsers(credentials, userPoolId), { name: 'UnrecognizedClientException' })
      await assert.rejects(provider(), { name: 'InvalidIdentityTokenException' })
    })

    it('gives credentials for the ID token of a user pool to a role that trusts the pool and the client', async () => {
      const { idToken, provider, clientId, userPoolId, userPoolArn, putRole } = await givenToken()
      const trust = (audience: string) => ({
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${server.accountId}:oidc-provider/${provider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${provider}:aud`]: audience } },
      })
      const permissions = [{ Effect: 'Allow', Action: 'cognito-idp:ListUsers', Resource: userPoolArn }]
      const assume = (roleArn: string) =>
        fromWebToken({
          roleArn,
          webIdentityToken: idToken,
          roleSessionName: 'session',
          clientConfig: { endpoint: server.url, region: server.region, maxAttempts: 1 },
        })()
      const credentials = await assume(await putRole(`direct-${clientId}`, permissions, { trust: trust(clientId) }))
      noteSecrets(credentials)
      await listUsers(credentials as Credentials, userPoolId)
      await assert.rejects(assume(await putRole(`other-${clientId}`, permissions, { trust: trust('another') })), notAuthorized)
    })

    it('refuses a role that is missing and one that does not trust the token with the same answer', async () => {
      const { roleArn, token, putRole, clientId } = await givenToken()
      const guests = await putRole(`guests-${clientId}`, [{ Effect: 'Allow', Action: '*', Resource: '*' }], { amr: 'unauthenticated' })
      for (const RoleArn of [roleArn('missing'), guests, 'arn:aws:iam::999999999999:role/reader']) {
        const request = { RoleArn, RoleSessionName: 'session', WebIdentityToken: token }
        await assert.rejects(sts().send(new AssumeRoleWithWebIdentityCommand(request)), notAuthorized)
      }
    })

    it('refuses sessions that are longer than the role allows', async () => {
      const { RoleArn, token } = await givenToken()
      const request = { RoleArn, RoleSessionName: 'session', WebIdentityToken: token }
      const assume = (DurationSeconds: number) => sts().send(new AssumeRoleWithWebIdentityCommand({ ...request, DurationSeconds }))
      noteSecrets(await assume(900))
      const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
      await assert.rejects(assume(3601), { name: 'ValidationError', message })
      await assert.rejects(assume(899), { name: 'ValidationError', message: /'durationSeconds' .* greater than or equal to 900$/ })
    })

    it('names the caller of an access key, which needs no permission, in its region and in us-east-1', async () => {
      const nothing = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }
      const key = await server.createKey({ policy: nothing })
      for (const region of ['us-east-1', server.region]) {
        const { Account, Arn, UserId } = await sts(key, region).send(new GetCallerIdentityCommand({}))
        const arn = `arn:aws:iam::${server.accountId}:access-key/${key.accessKeyId}`
        assert.deepEqual([Account, Arn, UserId], [server.accountId, arn, key.accessKeyId])
      }
      await assert.rejects(sts(key, 'eu-north-1').send(new GetCallerIdentityCommand({})), { name: 'SignatureDoesNotMatch' })
    })

    it("refuses wrong signatures with AWS's errors", async () => {
      const call = (credentials: Credentials) => sts(credentials).send(new GetCallerIdentityCommand({}))
      const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } })
      const check = async (credentials: Credentials, code: string) =>
        assert.rejects(call(credentials), (error: Error & ReturnType<typeof status>) => {
          assert.deepEqual([error.name, error.$metadata.httpStatusCode], [code, 403])
          return true
        })
      await check({ ...owner, secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch')
      await check({ ...owner, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }, 'InvalidClientTokenId')
      await check({ ...owner, sessionToken: 'lgs1.made-up' }, 'InvalidClientTokenId')
      const unsigned = await sendForm(server, callerForm)
      assert.deepEqual([unsigned.status, unsigned.code], [403, 'MissingAuthenticationToken'])
      const incomplete = await sendForm(server, callerForm, { authorization: 'AWS4-HMAC-SHA256 Credential=a' })
      assert.deepEqual([incomplete.status, incomplete.code], [400, 'IncompleteSignature'])
    })

    it('refuses a signed request whose body was changed', async () => {
      const client = sts(owner)
      let signed: Readonly<Record<string, string>> = {}
      client.middlewareStack.add(
        (next) => (call) => {
          signed = (call.request as { headers: Record<string, string> }).headers
          return next(call)
        },
        { step: 'deserialize', name: 'keepHeaders' },
      )
      await client.send(new GetCallerIdentityCommand({}))
      const send = async (body: string) => (await sendForm(server, body, { ...signed, 'content-length': String(body.length) })).code
      assert.equal(await send(callerForm), undefined)
      assert.equal(await send(`${callerForm}&a=b`), 'SignatureDoesNotMatch')
      assert.equal(await send(`${callerForm}&`), 'SignatureDoesNotMatch')
    })

    it('refuses credentials that have expired', async () => {
      await using own = await startProductionServer(engine)
      const key = await own.createKey({ flags: ['--session-seconds', '900'] })
      const call = async (systemClockOffset: number) => {
        const client = new STSClient({ endpoint: own.url, region: 'us-east-1', credentials: key, maxAttempts: 1, systemClockOffset })
        return client.send(new GetCallerIdentityCommand({})).finally(() => client.destroy())
      }
      assert.equal((await call(0)).UserId, key.accessKeyId)
      // The key was made by another process, a moment after this server's clock was set.
      own.clock.advance(960_000)
      await assert.rejects(call(960_000), { name: 'ExpiredToken', message: 'The security token included in the request is expired' })
    })

    it('limits how many tokens are exchanged in a second, apart from how many callers are named', async () => {
      await using own = await startProductionServer(engine, { flags: ['--rate-limits', '1'] })
      const key = await own.createKey()
      const parameters = {
        Action: 'AssumeRoleWithWebIdentity',
        RoleArn: `arn:aws:iam::${own.accountId}:role/reader`,
        RoleSessionName: 'ana',
      }
      const codes: (string | undefined)[] = []
      // The server's clock stands still, so that no request is forgiven: 600 requests, and half as many in advance.
      while (codes.length < 1000 && codes.at(-1) !== 'Throttling') {
        codes.push((await callSts(own, { ...parameters, WebIdentityToken: 'token' })).code)
      }
      assert.ok(codes.length > 600, `${codes.length} requests`)
      assert.equal(codes.at(-1), 'Throttling')
      assert.ok(codes.slice(0, -1).every((code) => code === 'InvalidIdentityToken'))
      const client = new STSClient({ endpoint: own.url, region: 'us-east-1', credentials: key, maxAttempts: 1 })
      assert.equal((await client.send(new GetCallerIdentityCommand({})).finally(() => client.destroy())).UserId, key.accessKeyId)
    })

    it('writes answers in XML with the request id of the header', async () => {
      const { text } = await sendForm(server, 'Action=GetSessionToken&Version=2011-06-15')
      assert.equal(elementOf(text, 'Type'), 'Sender')
      assert.match(
        text,
        /^<ErrorResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"><Error>.*<RequestId>[0-9a-f-]{36}<\/RequestId><\/ErrorResponse>$/,
      )
      const response = await fetch(server.url, {
        method: 'POST',
        body: 'Action=Nonsense&Version=2011-06-15',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
      assert.equal(response.headers.get('content-type'), 'text/xml')
      assert.equal(response.headers.get('access-control-allow-origin'), '*')
      assert.equal(elementOf(await response.text(), 'RequestId'), response.headers.get('x-amzn-requestid'))
    })
  })
}
