import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, AdminUserGlobalSignOutCommand } from '@aws-sdk/client-cognito-identity-provider'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { createLogger } from '../../../src/base/logger.ts'
import { engines } from '../../support/engines.ts'
import { getId, getToken, givenPools } from '../../support/identity-logins.ts'
import { callJson } from '../../support/identity-pools.ts'
import { openIdClaims, openOpenIdIssuer, signedToken, unsignedToken } from '../../support/openid-issuer.ts'
import { jsonContentType, rawCall, rawRequest } from '../../support/raw-call.ts'
import { openConnection } from '../../support/raw-connection.ts'
import { policyDocument, putRole, roleArn, trustOfIdentityPool } from '../../support/roles.ts'
import { callSts, elementOf, formContentType, type StsAnswer, sendForm } from '../../support/sts.ts'
import { useTestServer } from '../../support/test-server.ts'
import { headerOf } from '../../support/tokens.ts'

const all = [{ Effect: 'Allow', Action: '*', Resource: '*' }]
const action = 'AssumeRoleWithWebIdentity'

function requireCode({ status, code, text }: StsAnswer, ...expected: readonly [number, string]): void {
  assert.deepEqual([status, code], expected, text.slice(0, 500))
}

for (const engine of engines) {
  describe(`The STS of dev on ${engine.name}`, async () => {
    const issuer = await openOpenIdIssuer()
    const stranger = await openOpenIdIssuer()
    const dead = 'http://127.0.0.1:1'
    const lines: string[] = []
    const logger = createLogger({ level: 'info', format: 'json', write: (line: string) => lines.push(line) })
    const server = useTestServer(engine, { flags: ['--openid-clients', `${issuer.url}=shop,${dead}=shop`], logger })
    const now = () => server().clock.now()
    const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    let roles = 0

    const assume = (RoleArn: string, WebIdentityToken: string, more: Readonly<Record<string, string>> = {}) =>
      callSts(server(), { Action: action, RoleArn, RoleSessionName: 'session', WebIdentityToken, ...more })

    /** An identity pool with a role that trusts its signed-in identities, and the token of one of them. */
    async function given() {
      const pools = await givenPools(server())
      const { Logins, ...tokens } = await pools.login('ana')
      const identityId = await getId(server(), pools.IdentityPoolId, Logins)
      const { token } = await getToken(server(), identityId, Logins)
      const role = await putRole(server(), `trusting-${roles++}`, trustOfIdentityPool(pools.IdentityPoolId), all)
      return { ...pools, ...tokens, Logins, identityId, token, role }
    }

    /** A role that trusts the users of an OpenID Connect provider. */
    const roleOf = (provider: string, more: object = {}) =>
      putRole(
        server(),
        `federated-${roles++}`,
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::000000000000:oidc-provider/${provider}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: { [`${provider}:aud`]: 'shop' } },
          ...more,
        },
        all,
      )

    it('refuses tokens that this server did not sign', async () => {
      const { token, role } = await given()
      assert.equal((await assume(role, token)).status, 200)
      const claims = claimsOf(token)
      const kid = String(headerOf(token)['kid'])
      const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const jwks = (await (await fetch(`${server().url}/identity/.well-known/jwks.json`)).json()) as { keys: { n: string }[] }
      const content = `${encode({ alg: 'HS256', kid })}.${encode(claims)}`
      const secrets = [JSON.stringify(jwks.keys[0]), jwks.keys[0]?.n ?? '']
      const forged = [
        await signedToken({ kid, privateKey: foreign.privateKey }, claims),
        unsignedToken(claims),
        ...secrets.map((secret) => `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`),
        `${token.slice(0, -8)}AAAAAAAA`,
        [token.split('.')[0], encode({ ...claims, sub: `us-east-1:${'0'.repeat(36)}` }), token.split('.')[2]].join('.'),
        'nonsense',
      ]
      for (const attempt of forged) requireCode(await assume(role, attempt), 400, 'InvalidIdentityToken')
    })

    it('refuses tokens that have expired, or whose pool was deleted', async () => {
      const { token, role, IdentityPoolId } = await given()
      await callJson(server(), 'DeleteIdentityPool', { IdentityPoolId })
      requireCode(await assume(role, token), 400, 'InvalidIdentityToken')
      const other = await given()
      server().clock.advance(600_000)
      requireCode(await assume(other.role, other.token), 400, 'ExpiredTokenException')
    })

    it('refuses a role that trusts another pool, or another way to sign in', async () => {
      const one = await given()
      const other = await given()
      requireCode(await assume(other.role, one.token), 403, 'AccessDenied')
      const guestsOnly = await putRole(server(), `guests-${roles++}`, trustOfIdentityPool(one.IdentityPoolId, 'unauthenticated'), all)
      requireCode(await assume(guestsOnly, one.token), 403, 'AccessDenied')
      const guest = await getToken(server(), await getId(server(), one.IdentityPoolId))
      assert.equal((await assume(guestsOnly, guest.token)).status, 200)
      requireCode(await assume(one.role, guest.token), 403, 'AccessDenied')
      requireCode(await assume(roleArn('missing'), guest.token), 403, 'AccessDenied')
    })

    it('accepts the token of a developer user for a role that trusts it', async () => {
      const pools = await givenPools(server(), { DeveloperProviderName: 'login.shop' })
      const { IdentityPoolId } = pools
      const request = { IdentityPoolId, Logins: { 'login.shop': 'ana' } }
      const { Token = '' } = await callJson(server(), 'GetOpenIdTokenForDeveloperIdentity', request)
      const trusting = await putRole(server(), `developer-${roles++}`, trustOfIdentityPool(IdentityPoolId, 'login.shop'), all)
      const others = await putRole(server(), `developer-${roles++}`, trustOfIdentityPool(IdentityPoolId, 'login.other'), all)
      assert.equal((await assume(trusting, Token)).status, 200)
      requireCode(await assume(others, Token), 403, 'AccessDenied')
    })

    it('refuses the token of an identity that was merged into another one', async () => {
      const { IdentityPoolId } = await givenPools(server(), { DeveloperProviderName: 'login.shop' })
      const tokenOf = async (user: string) =>
        (await callJson(server(), 'GetOpenIdTokenForDeveloperIdentity', { IdentityPoolId, Logins: { 'login.shop': user } })).Token ?? ''
      const [merged, kept] = [await tokenOf('ana'), await tokenOf('ben')]
      const users = { SourceUserIdentifier: 'ana', DestinationUserIdentifier: 'ben' }
      await callJson(server(), 'MergeDeveloperIdentities', { IdentityPoolId, DeveloperProviderName: 'login.shop', ...users })
      const trusting = await putRole(server(), `merged-${roles++}`, trustOfIdentityPool(IdentityPoolId), all)
      requireCode(await assume(trusting, merged), 400, 'InvalidIdentityToken')
      assert.equal((await assume(trusting, kept)).status, 200)
    })

    it('refuses tags unless the role allows sts:TagSession', async () => {
      const tags = { 'https://aws.amazon.com/tags': { principal_tags: { team: ['red'] } } }
      const token = await issuer.token(now(), tags)
      requireCode(await assume(await roleOf(issuer.name), token), 403, 'AccessDenied')
      const tagging = await roleOf(issuer.name, { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] })
      const answer = await assume(tagging, token)
      assert.equal(answer.status, 200)
      assert.ok(Number(elementOf(answer.text, 'PackedPolicySize')) > 0)
      for (const principal_tags of [{ team: 'red' }, { team: [1] }, { team: ['a', 'b'] }, { a: ['1'], A: ['2'] }, { 'a b*': ['1'] }, 'x']) {
        const wrong = await issuer.token(now(), { 'https://aws.amazon.com/tags': { principal_tags } })
        requireCode(await assume(tagging, wrong), 400, 'InvalidIdentityToken')
      }
    })

    it('accepts ID tokens of a user pool until the user is signed out or disabled, and no access tokens', async () => {
      for (const Command of [AdminUserGlobalSignOutCommand, AdminDisableUserCommand]) {
        const { idToken, accessToken, provider, poolId, clientId } = await given()
        const role = await roleOf(provider, { Condition: { StringEquals: { [`${provider}:aud`]: clientId } } })
        const answer = await assume(role, idToken)
        assert.equal(answer.status, 200, answer.text)
        assert.equal(elementOf(answer.text, 'SubjectFromWebIdentityToken'), claimsOf(idToken).sub)
        assert.equal(elementOf(answer.text, 'Audience'), clientId)
        requireCode(await assume(role, accessToken), 400, 'InvalidIdentityToken')
        await server().send(new Command({ UserPoolId: poolId, Username: 'ana' }))
        requireCode(await assume(role, idToken), 403, 'IDPRejectedClaim')
      }
    })

    it('accepts tokens of registered issuers only', async () => {
      const role = await roleOf(issuer.name)
      const answer = await assume(role, await issuer.token(now()))
      assert.equal(elementOf(answer.text, 'Provider'), `arn:aws:iam::000000000000:oidc-provider/${issuer.name}`)
      const refused = [stranger.token(now()), stranger.token(now(), { iss: issuer.url }), issuer.token(now(), { aud: 'another' })]
      for (const token of refused) requireCode(await assume(role, await token), 400, 'InvalidIdentityToken')
      const key = generateKeyPairSync('rsa', { modulusLength: 2048 })
      requireCode(await assume(role, await signedToken(key, openIdClaims(dead, now()))), 400, 'IDPCommunicationError')
    })

    it('lists all constraints that the parameters break, and never shows the token', async () => {
      const { role } = await given()
      const name = '<a href="x">&amp;\u0000</a>'
      const answer = await callSts(server(), { Action: action, RoleArn: 'short', RoleSessionName: name, WebIdentityToken: 'abc' })
      requireCode(answer, 400, 'ValidationError')
      const pattern = 'Member must satisfy regular expression pattern: [\\w+=,.@-]*'
      assert.equal(
        answer.message,
        [
          "3 validation errors detected: Value 'short' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
          `Value '${name.replace('\u0000', '\ufffd')}' at 'roleSessionName' failed to satisfy constraint: ${pattern}`,
          "Value at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to 4",
        ].join('; '),
      )
      const none = await callSts(server(), { Action: action, RoleArn: role, RoleSessionName: 'session' })
      assert.match(none.message ?? '', /^1 validation error detected: Value null at 'webIdentityToken' failed/)
      requireCode(await assume(role, 'x'.repeat(20_001)), 400, 'ValidationError')
      requireCode(await assume(role, 'token', { DurationSeconds: '1e3' }), 400, 'MalformedInput')
      requireCode(await assume(role, 'token', { Policy: 'x'.repeat(2049) }), 400, 'ValidationError')
      requireCode(await assume(role, 'token', { Policy: 'no JSON' }), 400, 'MalformedPolicyDocument')
      for (const name of ['ProviderId', 'PolicyArns.member.1.arn']) {
        requireCode(await assume(role, 'token', { [name]: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }), 400, 'ValidationError')
      }
      requireCode(await assume('arn:aws:iam::000000000000:user/ana', 'token'), 400, 'ValidationError')
    })

    it('refuses unknown actions, and says which actions it has', async () => {
      for (const name of [
        'GetSessionToken',
        'AssumeRole',
        'AssumeRoleWithSAML',
        'GetFederationToken',
        'DecodeAuthorizationMessage',
        'GetAccessKeyInfo',
      ]) {
        const answer = await callSts(server(), { Action: name })
        requireCode(answer, 400, 'InvalidAction')
        assert.equal(answer.message, `Lifeguard does not support ${name}. Its STS has AssumeRoleWithWebIdentity and GetCallerIdentity.`)
      }
      requireCode(await callSts(server(), { Action: '<Nonsense>' }), 400, 'InvalidAction')
      requireCode(await callSts(server(), { Action: 'constructor' }), 400, 'InvalidAction')
      requireCode(await callSts(server(), {}), 400, 'MissingAction')
      requireCode(await callSts(server(), { Action: action, Version: '2010-01-01' }), 400, 'NoSuchVersion')
      requireCode(await sendForm(server(), `Action=${action}`), 400, 'InvalidAction')
    })

    it('refuses forms that two readers could understand differently, and forms that are too large', async () => {
      const { role, token } = await given()
      const form = new URLSearchParams({ Action: action, Version: '2011-06-15', RoleArn: role, WebIdentityToken: token }).toString()
      const good = `${form}&RoleSessionName=session`
      assert.equal((await sendForm(server(), good)).status, 200)
      const malformed = [
        `${good}&Action=GetCallerIdentity`,
        `${good}&RoleArn=${encodeURIComponent(role)}`,
        `${good}&RoleA%72n=${encodeURIComponent(role)}`,
        `${good}&x=%`,
        `${good}&x=%ff`,
        `${good}&${'a=b&'.repeat(10_000)}`,
        `${good}${'&'.repeat(10_000)}`,
        Buffer.concat([Buffer.from(`${good}&x=`), Buffer.from([0xff])]),
      ]
      for (const body of malformed) requireCode(await sendForm(server(), body), 400, 'MalformedInput')
      // Decoded once only, so that the name is `%2541…`, which no session can have.
      let name = 'A'
      for (let depth = 0; depth < 20; depth++) name = name === 'A' ? '%41' : name.replaceAll('%', '%25')
      requireCode(await sendForm(server(), `${form}&RoleSessionName=${name}A`), 400, 'ValidationError')
      requireCode(await sendForm(server(), `${good}&x=${'x'.repeat(200_000)}`), 413, 'RequestEntityTooLarge')
    })

    it('answers a form without a length, and one in pieces', async () => {
      const host = new URL(server().url).host
      const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\n`
      for (const rest of ['\r\n', 'Transfer-Encoding: chunked\r\n\r\n6\r\nAction\r\n0\r\n\r\n']) {
        using connection = openConnection(server().url)
        connection.send(head + rest)
        assert.match(await connection.received(/<\/ErrorResponse>/), /<Code>MissingAction<\/Code>/)
      }
    })

    it('accepts no STS action as JSON or in the URL, and no operation of Cognito as a form', async () => {
      const json = await rawRequest(server(), {
        headers: { 'content-type': jsonContentType },
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
      })
      assert.deepEqual([json.status, json.body['__type']], [400, 'UnknownOperationException'])
      const form = await rawCall(server(), 'ListUserPools', { MaxResults: 1 }, { 'content-type': formContentType })
      assert.deepEqual([form.status, form.body['__type']], [400, 'UnknownOperationException'])
      requireCode(await sendForm(server(), JSON.stringify({ Action: action })), 400, 'MissingAction')
      const inQuery = await rawRequest(
        server(),
        { headers: { 'content-type': formContentType }, body: '' },
        `/?Action=${action}&Version=2011-06-15`,
      )
      assert.equal(elementOf(inQuery.text, 'Code'), 'MissingAction')
      const get = await rawRequest(server(), { method: 'GET' }, '/?Action=GetSessionToken&Version=2011-06-15')
      assert.equal(elementOf(get.text, 'Code'), undefined)
    })

    it('names in dev the access key that a request names, but not to pages of other sites', async () => {
      const credentials = { accessKeyId: 'AKIAANYCREDENTIALS00', secretAccessKey: 'any' }
      const client = new STSClient({ endpoint: server().url, region: 'eu-west-3', credentials, maxAttempts: 1 })
      const { Account, Arn, UserId } = await client.send(new GetCallerIdentityCommand({})).finally(() => client.destroy())
      assert.deepEqual([Account, Arn, UserId], ['000000000000', `arn:aws:iam::000000000000:access-key/${UserId}`, 'AKIAANYCREDENTIALS00'])
      const form = 'Action=GetCallerIdentity&Version=2011-06-15'
      requireCode(await sendForm(server(), form), 403, 'MissingAuthenticationToken')
      const authorization = 'AWS4-HMAC-SHA256 Credential=AKIAANYCREDENTIALS00/20260101/us-east-1/sts/aws4_request'
      requireCode(await sendForm(server(), form, { authorization, origin: 'https://example.com' }), 403, 'AccessDenied')
    })

    it('logs the action, the role and the outcome, and never the token', async () => {
      const { role, token } = await given()
      await assume(role, token)
      await assume(roleArn('nobody'), token)
      const found = lines.map((line) => JSON.parse(line)).filter(({ operation }) => operation === action)
      const outcomes = found.filter(({ roleArn }) => roleArn === role || roleArn?.endsWith('/nobody')).map(({ outcome }) => outcome)
      assert.deepEqual(outcomes, ['ok', 'AccessDenied'])
      assert.ok(!lines.join('').includes(token.split('.')[2] ?? ''))
    })

    it('refuses a policy and tags that are too long together', async () => {
      const principal_tags = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`tag${at}`, ['v'.repeat(256)]]))
      const token = await issuer.token(now(), { 'https://aws.amazon.com/tags': { principal_tags } })
      const tagging = await roleOf(issuer.name, { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] })
      const statement = { Sid: 's'.repeat(1500), Effect: 'Allow', Action: '*', Resource: '*' }
      requireCode(await assume(tagging, token, { Policy: policyDocument(statement) }), 400, 'PackedPolicyTooLarge')
    })
  })
}
