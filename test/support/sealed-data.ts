import assert from 'node:assert/strict'
import {
  AdminDeleteUserCommand,
  AdminSetUserPasswordCommand,
  AssociateSoftwareTokenCommand,
  CreateIdentityProviderCommand,
  CreateUserPoolClientCommand,
  DeleteUserPoolCommand,
  DescribeIdentityProviderCommand,
  ForgotPasswordCommand,
  GetSigningCertificateCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { oidc } from '../api/pools/provider-requests.ts'
import { callJson, givenIdentityPool } from './identity-pools.ts'
import { csv, givenUploadedJob, importFile } from './imports.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { type App, challengeAfterPassword, givenMfaPool, respond, startTimeStep } from './mfa.ts'
import { callback, codeClient, encode, givenClient } from './oauth.ts'
import { firebaseHash } from './record-imports.ts'
import { givenCodes, signInByCode } from './recovery-codes.ts'
import { attributeList, codeSentTo } from './self-service.ts'
import { givenTokens, givenUser, goodPassword, secretHash, signInByPassword, signInBySrp, startSrp } from './sign-in.ts'
import { agree } from './sign-in-triggers.ts'
import { answerDevicePassword, answerDeviceSrp, confirmOffered, type SoftwareDevice, signInOnDevice } from './software-device.ts'
import { locationOf, paramsIn, TestBrowser } from './test-browser.ts'
import type { TestServer } from './test-server.ts'
import { jwksOf, useAccessToken } from './tokens.ts'
import type { TriggerEndpoint } from './trigger-endpoint.ts'

export type SealedData = Awaited<ReturnType<typeof givenSealedData>>

const imported = { algorithm: 'BCRYPT', password: 'correct horse', hash: '$2a$06$abcdefghijklmnopqrstuud/5IuQmqhVO0kfNEbHJM.fJkPiliBzC' }
const importHeader = 'cognito:username,email,email_verified,password_hash'
const testCode = '246810'
const loginProviders = { 'api.twitter.com': 'consumer-key;consumer-secret' }
const TestUsers = [{ Username: 'robot', Code: testCode }]

/** Creates pools and users with a value in every sealed column, except access keys. */
export async function givenSealedData(server: TestServer, endpoint: TriggerEndpoint) {
  const triggers = endpoint.given({ PreTokenGeneration: agree })
  const ids = await givenMfaPool(server, 'OPTIONAL', ['totp'], {
    pool: {
      AutoVerifiedAttributes: ['email'],
      LambdaConfig: triggers.lambdaConfig,
      Policies: { PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 3 } },
      DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false },
    },
    client: {
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
    },
  })
  const { poolId, clientId } = ids
  await callLifeguard(server, 'SetUserPoolExtensions', {
    UserPoolId: poolId,
    TestUsers,
    RecoveryCodes: { Enabled: true },
    Triggers: { PreTokenGeneration: { OnError: 'LAST_GOOD' } },
  })
  const settings = await givenSealedSettings(server, poolId)

  startTimeStep(server)
  const { app, codes } = await givenCodes(server, ids, 'ben')
  const attributes = attributeList({ email: 'ana@example.test', email_verified: 'true' })
  await givenUser(server, poolId, 'ana', { attributes, password: 'Former-horse-7' })
  await server.send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: goodPassword, Permanent: true }))
  const tokens = await givenTokens(server, clientId, 'ana')
  await server.send(new AssociateSoftwareTokenCommand({ AccessToken: tokens.accessToken }))
  await givenUser(server, poolId, 'cas')
  const device = await givenDevice(server, clientId)
  const kept = await givenKeptUser(server)

  await givenImports(server, poolId)
  const waitingImport = await givenUploadedJob(server, poolId, csv('cognito:username,email,email_verified', 'fay,fay@example.test,true'))
  return {
    ...ids,
    ...settings,
    app,
    codes: [...codes],
    device,
    kept,
    tokens,
    waitingImport,
    secretClient: await givenSecretClient(server, poolId),
  }
}

/** A deleted user with an authenticator app and recovery codes, whom the pool keeps. */
async function givenKeptUser(server: TestServer) {
  const ids = await givenMfaPool(server, 'OPTIONAL', ['totp'])
  const { poolId: UserPoolId } = ids
  await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId, DeletedUsers: { KeepDays: 30 }, RecoveryCodes: { Enabled: true } })
  const { app, codes } = await givenCodes(server, ids, 'eli')
  await server.send(new AdminDeleteUserCommand({ UserPoolId, Username: 'eli' }))
  return { ...ids, app, codes }
}

/** A user with an imported hash, and a job whose options have a secret, the signer key of Firebase. That job is not started. */
async function givenImports(server: TestServer, UserPoolId: string): Promise<void> {
  const file = csv(importHeader, `dora,dora@example.test,true,${imported.hash}`)
  await importFile(server, UserPoolId, file, { PasswordHashingAlgorithm: imported.algorithm } as never)
  const job = { UserPoolId, JobName: 'records', Format: 'FIREBASE', FirebaseHash: firebaseHash }
  await callLifeguard(server, 'CreateUserRecordsImportJob', job)
}

/** Restores the deleted user, who signs in with the password and the authenticator app or a recovery code. */
export async function signInRestored(server: TestServer, { kept }: SealedData): Promise<void> {
  const { poolId: UserPoolId, clientId, app, codes } = kept
  const { DeletedUsers } = await callLifeguard(server, 'ListDeletedUsers', { UserPoolId })
  await callLifeguard(server, 'RestoreUser', { UserPoolId, Sub: DeletedUsers[0].Sub })
  await answerTotp(server, clientId, app, (await challengeAfterPassword(server, clientId, 'eli')).session, 'eli')
  assert.ok((await signInByCode(server, clientId, codes[0] ?? '', 'eli')).AuthenticationResult)
}

/** Gives the pool an identity provider and a signing certificate. Creates an identity pool, and a deleted pool with a test user. */
async function givenSealedSettings(server: TestServer, poolId: string) {
  const { ProviderName } = oidc
  await server.send(new CreateIdentityProviderCommand({ UserPoolId: poolId, ...oidc }))
  const { Certificate } = await server.send(new GetSigningCertificateCommand({ UserPoolId: poolId }))
  await deletePoolWithTestUser(server)
  await givenProviderSignIn(server)
  const { IdentityPoolId } = await givenIdentityPool(server, { SupportedLoginProviders: loginProviders })
  return { ProviderName, Certificate, IdentityPoolId }
}

async function deletePoolWithTestUser(server: TestServer): Promise<void> {
  const { poolId } = await server.givenPool()
  await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers })
  await server.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
}

/** A sign-in at a provider whose answer came as a form. It waits for the browser to come back. */
async function givenProviderSignIn(server: TestServer): Promise<void> {
  const { poolId } = await server.givenPool()
  const origin = 'https://login.example.test'
  const endpoints = {
    authorize_url: `${origin}/auth`,
    token_url: `${origin}/token`,
    attributes_url: `${origin}/me`,
    jwks_uri: `${origin}/keys`,
  }
  const ProviderDetails = { ...oidc.ProviderDetails, oidc_issuer: origin, ...endpoints }
  await server.send(new CreateIdentityProviderCommand({ UserPoolId: poolId, ...oidc, ProviderDetails }))
  const { clientId } = await givenClient(server, poolId, { ...codeClient, SupportedIdentityProviders: [oidc.ProviderName ?? ''] })
  const query = encode({ client_id: clientId, redirect_uri: callback, response_type: 'code' })
  const browser = new TestBrowser(server)
  const state = paramsIn(locationOf(await browser.visit(`/oauth2/authorize?${query}`))).get('state') ?? ''
  const { status } = await browser.submit('/oauth2/idpresponse', { state, code: 'a-code-of-the-provider' })
  assert.equal(status, 303)
}

async function givenDevice(server: TestServer, clientId: string): Promise<SoftwareDevice> {
  const { AuthenticationResult = {} } = await signInByPassword(server, clientId, 'cas')
  return (await confirmOffered(server, AuthenticationResult)).device
}

async function givenSecretClient(server: TestServer, poolId: string) {
  const request = {
    UserPoolId: poolId,
    ClientName: 'secret',
    GenerateSecret: true,
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const],
  }
  const { UserPoolClient = {} } = await server.send(new CreateUserPoolClientCommand(request))
  return { id: UserPoolClient.ClientId ?? '', secret: UserPoolClient.ClientSecret ?? '' }
}

/** The salt of a decoy. Like the salts of real users, it must not change when the master key changes. */
export async function decoySalt(server: TestServer, { clientId }: SealedData): Promise<string | undefined> {
  return (await startSrp(server, clientId, 'nobody-by-this-name')).challenge.ChallengeParameters?.['SALT']
}

/** Begins flows that are to be finished after the master key was changed. */
export async function beginFlows(server: TestServer, data: SealedData) {
  const { poolId, clientId, device, tokens } = data
  const plain = await server.givenPool()
  await givenUser(server, plain.poolId, 'eve')
  await server.send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
  return {
    tokens,
    code: await codeSentTo(server, poolId, 'ana@example.test'),
    totp: await challengeAfterPassword(server, clientId, 'ben'),
    deviceQuestion: await signInOnDevice(server, clientId, 'cas', device.key),
    jwks: await jwksOf(server, poolId),
    salt: await decoySalt(server, data),
    // This session is in a pool that does not track devices. Otherwise the refresh would need a device key.
    refreshable: { clientId: plain.clientId, token: (await givenTokens(server, plain.clientId, 'eve')).refreshToken },
  }
}

export async function answerTotp(
  server: TestServer,
  clientId: string,
  app: App,
  session: string | undefined,
  username = 'ben',
): Promise<void> {
  const answer = { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: app.code() }
  assert.ok((await respond(server, clientId, 'SOFTWARE_TOKEN_MFA', session, answer)).AuthenticationResult)
  server.clock.advance(30_000)
}

export async function proveDevice(server: TestServer, { clientId, device }: SealedData, asked: Awaited<ReturnType<typeof signInOnDevice>>) {
  assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
  const answer = await answerDevicePassword(server, clientId, await answerDeviceSrp(server, clientId, asked, device), device)
  assert.ok(answer.AuthenticationResult?.AccessToken)
}

/** Runs all flows that need a sealed value, each from its beginning to its end. */
export async function requireEverythingWorks(server: TestServer, data: SealedData, password = goodPassword): Promise<void> {
  const { poolId, clientId, secretClient, app, device, ProviderName } = data
  await givenTokens(server, clientId, 'ana', password)
  assert.ok((await signInBySrp(server, data, 'ana', password)).AuthenticationResult)
  await answerTotp(server, clientId, app, (await challengeAfterPassword(server, clientId, 'ben')).session)
  assert.ok((await signInByCode(server, clientId, data.codes.shift() ?? '', 'ben')).AuthenticationResult)
  await proveDevice(server, data, await signInOnDevice(server, clientId, 'cas', device.key))
  const AuthParameters = { USERNAME: 'ana', PASSWORD: password, SECRET_HASH: secretHash(secretClient.secret, 'ana', secretClient.id) }
  await server.send(new InitiateAuthCommand({ ClientId: secretClient.id, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
  await useAccessToken(server, data.tokens.accessToken)
  assert.deepEqual((await callLifeguard(server, 'GetUserPoolExtensions', { UserPoolId: poolId })).TestUsers, TestUsers)
  const { IdentityProvider } = await server.send(new DescribeIdentityProviderCommand({ UserPoolId: poolId, ProviderName }))
  assert.equal(IdentityProvider?.ProviderDetails?.['client_secret'], oidc.ProviderDetails['client_secret'])
  const { Certificate } = await server.send(new GetSigningCertificateCommand({ UserPoolId: poolId }))
  assert.equal(Certificate, data.Certificate)
  const { IdentityPoolId } = data
  assert.deepEqual((await callJson(server, 'DescribeIdentityPool', { IdentityPoolId })).SupportedLoginProviders, loginProviders)
}

/** Signs a user in by an imported hash, which the server then replaces by a verifier of its own. */
export const signInByImportedHash = (server: TestServer, { clientId }: SealedData) =>
  givenTokens(server, clientId, 'dora', imported.password)
