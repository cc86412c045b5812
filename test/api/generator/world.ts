import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AdminCreateUserCommand,
  CreateUserPoolClientCommand,
  ForgotPasswordCommand,
  GetUserAttributeVerificationCodeCommand,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { newIdentity } from '../../../src/portability/container/sealing.ts'
import { withPasskeys } from '../../support/passkeys.ts'
import { codeSentTo, signUp } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword, secretHash, signInByPassword, startSrp } from '../../support/sign-in.ts'
import type { TestPoolOptions, TestServer } from '../../support/test-server.ts'
import { send } from './send.ts'

export type App = { readonly poolId: string; readonly clientId: string }

/** The pools, clients and ids that generated requests use. */
export type World = {
  readonly server: TestServer
  /** The pool of the users. Requests never change its settings or delete it. */
  readonly main: App
  /** An app client of the main pool that has a secret. */
  readonly secretClient: { readonly id: string; readonly secret: string }
  /** An app client of the main pool that rotates refresh tokens. */
  readonly rotatingClientId: string
  /** A pool and a client of it, whose settings requests may change. */
  readonly changeable: App
  readonly pageTokens: { readonly pools: string; readonly clients: string; readonly users: string }
  /** A name that was never used. */
  newName(): string
}

const flows = ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH'] as const

/** Another password that every pool accepts. */
export const otherPassword = 'Another-horse-8'

const verifying: TestPoolOptions = { pool: { AutoVerifiedAttributes: ['email'] } }

/** Gives the server a folder for the backups that StartBackup makes. */
async function allowBackups(server: TestServer): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-generated-backups-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await server.restart({ backupTo: folder, backupRecipient: (await newIdentity()).recipient })
}

export async function prepareWorld(server: TestServer): Promise<World> {
  await allowBackups(server)
  const { poolId, clientId } = await server.givenPool({
    pool: {
      ...verifying.pool,
      ...withPasskeys.pool,
      AliasAttributes: ['email'],
      Schema: [{ Name: 'rank', AttributeDataType: 'Number', Mutable: true }],
    },
  })
  await allowAllFactors(server, poolId)
  const [{ UserPoolClient: withSecret }, { UserPoolClient: rotating }] = await Promise.all([
    server.send(
      new CreateUserPoolClientCommand({
        UserPoolId: poolId,
        ClientName: 'withSecret',
        GenerateSecret: true,
        ExplicitAuthFlows: [...flows],
        PreventUserExistenceErrors: 'ENABLED',
      }),
    ),
    server.send(
      new CreateUserPoolClientCommand({
        UserPoolId: poolId,
        ClientName: 'rotating',
        ExplicitAuthFlows: [...flows],
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
      }),
    ),
  ])
  const changeable = await server.givenPool(verifying)
  for (const name of ['ada', 'ben', 'cleo']) await givenUser(server, poolId, name, { attributes: emailOf(name) })
  let names = 0
  return {
    server,
    main: { poolId, clientId },
    secretClient: { id: withSecret?.ClientId ?? '', secret: withSecret?.ClientSecret ?? '' },
    rotatingClientId: rotating?.ClientId ?? '',
    changeable,
    pageTokens: await pageTokensOf(server, poolId),
    newName: () => `user-${names++}`,
  }
}

/** Allows authenticator apps as an optional second factor, sets the relying party of passkeys, and switches session tracking on. */
async function allowAllFactors(server: TestServer, poolId: string): Promise<void> {
  const answers = [
    await send(server, 'SetUserPoolMfaConfig', {
      UserPoolId: poolId,
      MfaConfiguration: 'OPTIONAL',
      SoftwareTokenMfaConfiguration: { Enabled: true },
      WebAuthnConfiguration: { RelyingPartyId: 'example.test' },
    }),
    await send(server, 'SetUserPoolSessionConfiguration', {
      UserPoolId: poolId,
      UserSessionTracking: 'ENABLED',
      TokenSession: { MaxPerUser: 100 },
    }),
    await send(server, 'SetUserPoolExtensions', { UserPoolId: poolId, RecoveryCodes: { Enabled: true } }),
  ]
  for (const { status, text } of answers) if (status !== 200) throw new Error(text)
}

async function pageTokensOf(server: TestServer, poolId: string): Promise<World['pageTokens']> {
  const [pools, clients, users] = await Promise.all([
    server.send(new ListUserPoolsCommand({ MaxResults: 1 })),
    server.send(new ListUserPoolClientsCommand({ UserPoolId: poolId, MaxResults: 1 })),
    server.send(new ListUsersCommand({ UserPoolId: poolId, Limit: 1 })),
  ])
  if (!pools.NextToken || !clients.NextToken || !users.PaginationToken) throw new Error('A first page has no token.')
  return { pools: pools.NextToken, clients: clients.NextToken, users: users.PaginationToken }
}

/** A verified address, to which codes for a new password can be sent. */
const emailOf = (name: string) => [
  { Name: 'email', Value: addressOf(name) },
  { Name: 'email_verified', Value: 'true' },
]

export const addressOf = (name: string) => `${name}@example.test`

/** A new, confirmed user. */
export async function newUser({ server, main, newName }: World): Promise<string> {
  const name = newName()
  await givenUser(server, main.poolId, name, { attributes: emailOf(name) })
  return name
}

export async function newSignedInUser(world: World, clientId: string = world.main.clientId) {
  const name = await newUser(world)
  return { name, ...(await givenTokens(world.server, clientId, name)) }
}

/** A user who signed up but is not confirmed, and the code that was sent. */
export async function newSignUp({ server, main, newName }: World): Promise<{ name: string; code: string }> {
  const name = newName()
  await signUp(server, main.clientId, name, { email: addressOf(name) })
  return { name, code: await codeSentTo(server, main.poolId, addressOf(name)) }
}

/** A user who forgot the password, and the code that was sent. */
export async function newReset(world: World): Promise<{ name: string; code: string }> {
  const { server, main } = world
  const name = await newUser(world)
  await server.send(new ForgotPasswordCommand({ ClientId: main.clientId, Username: name }))
  return { name, code: await codeSentTo(server, main.poolId, addressOf(name)) }
}

/** A signed-in user, and a code that was sent to verify the address. */
export async function newVerification(world: World): Promise<{ accessToken: string; code: string }> {
  const { name, accessToken } = await newSignedInUser(world)
  await world.server.send(new GetUserAttributeVerificationCodeCommand({ AccessToken: accessToken, AttributeName: 'email' }))
  return { accessToken, code: await codeSentTo(world.server, world.main.poolId, addressOf(name)) }
}

/** An invited user who has signed in with the temporary password and must choose a new one. */
export async function newPasswordChallenge({ server, main, newName }: World): Promise<{ name: string; session: string }> {
  const name = newName()
  await server.send(
    new AdminCreateUserCommand({ UserPoolId: main.poolId, Username: name, TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' }),
  )
  const { Session } = await signInByPassword(server, main.clientId, name)
  if (Session === undefined) throw new Error('The sign-in with the temporary password returned no challenge.')
  return { name, session: Session }
}

/** The parameters of the PASSWORD_VERIFIER challenge of a new SRP sign-in. No proof has been sent yet. */
export async function newSrpChallenge(world: World): Promise<Record<string, string>> {
  const name = await newUser(world)
  const { challenge } = await startSrp(world.server, world.main.clientId, name)
  return { ...challenge.ChallengeParameters, USERNAME: name }
}

export function hashFor({ secretClient }: World, name: string): string {
  return secretHash(secretClient.secret, name, secretClient.id)
}

/** An app client in the main pool that may be deleted. */
export async function newClient({ server, main }: World): Promise<string> {
  const { UserPoolClient } = await server.send(new CreateUserPoolClientCommand({ UserPoolId: main.poolId, ClientName: 'to-delete' }))
  return UserPoolClient?.ClientId ?? ''
}

/** The ARN of `changeable`, the pool whose settings requests may change. Operations on tags take it. */
export function arnOf({ changeable, server }: World): string {
  return `arn:aws:cognito-idp:${server.region}:000000000000:userpool/${changeable.poolId}`
}
