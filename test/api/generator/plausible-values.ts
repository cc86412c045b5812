import { definitionOf, getShape } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import { operations } from '../../../src/operations.ts'
import { goodPassword, srpTimestamp } from '../../support/sign-in.ts'
import {
  addressOf,
  arnOf,
  hashFor,
  newClient,
  newPasswordChallenge,
  newReset,
  newSignedInUser,
  newSignUp,
  newSrpChallenge,
  newVerification,
  otherPassword,
  type World,
} from './world.ts'

/** Possible values of the members of requests, by the name of the member. */
export type Values = Readonly<Record<string, readonly unknown[]>>

/** Plausible values of members in all operations (`members`), and values that replace them in single operations (`of`). */
export type Plausible = { readonly members: Values; readonly of: Partial<Record<OperationName, Values>> }

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

const nowhere = 'us-east-1_Nowhere00'

/**
 * Plausible values with new users, tokens, sessions and codes. Each call creates new ones, because requests may have used up, signed out or
 * deleted those of an earlier call.
 */
export async function plausibleValues(world: World): Promise<Plausible> {
  const users = await newUsers(world)
  const { main, secretClient, rotatingClientId, changeable, pageTokens } = world
  return {
    members: {
      ...credentialsOf(world, users),
      UserPoolId: [...times(8, main.poolId), changeable.poolId, nowhere],
      ClientId: [...times(8, main.clientId), secretClient.id, rotatingClientId, changeable.clientId],
      ...attributes,
      Filter: [
        'email ^= "user"',
        'username = "user-1"',
        'cognito:user_status = "CONFIRMED"',
        'sub ^= "0"',
        'status = "Enabled"',
        'email = "',
      ],
      Limit: [0, 1, 60],
      MaxResults: [1, 10, 60],
      PaginationToken: [pageTokens.users, pageTokens.clients],
      NextToken: [pageTokens.pools, pageTokens.clients],
    },
    of: await valuesOfOperations(world),
  }
}

const attributes: Values = {
  AttributeName: ['email', 'phone_number', 'nickname'],
  UserAttributeNames: [['email'], ['nickname', 'custom:rank'], ['sub'], ['nickname', 'nickname'], ['no-such']],
  UserAttributes: [
    [{ Name: 'email', Value: 'new@example.test' }],
    [
      { Name: 'nickname', Value: 'Bo' },
      { Name: 'custom:rank', Value: '7' },
    ],
    [
      { Name: 'phone_number', Value: '+15550100' },
      { Name: 'phone_number_verified', Value: 'true' },
    ],
    [{ Name: 'custom:rank', Value: '1e309' }],
    [{ Name: 'birthdate', Value: '2001-02-29' }],
    [{ Name: 'email', Value: '' }],
    [{ Name: 'nickname' }],
  ],
  Name: ['email', 'nickname', 'custom:rank', 'custom:rank', 'sub'],
}

type Users = Awaited<ReturnType<typeof newUsers>>

async function newUsers(world: World) {
  const [ana, bea, cem, signUp, reset, verification, challenge, srp] = await Promise.all([
    newSignedInUser(world),
    newSignedInUser(world),
    newSignedInUser(world, world.rotatingClientId),
    newSignUp(world),
    newReset(world),
    newVerification(world),
    newPasswordChallenge(world),
    newSrpChallenge(world),
  ])
  return { ana, bea, cem, signUp, reset, verification, challenge, srp }
}

function credentialsOf(world: World, users: Users): Values {
  const { ana, bea, cem, signUp, reset, verification, challenge } = users
  const names = [
    ana.name,
    bea.name,
    cem.name,
    signUp.name,
    challenge.name,
    reset.name,
    addressOf(ana.name),
    ...times(5, '').map(world.newName),
  ]
  const passwords = [goodPassword, otherPassword, 'weak-one', goodPassword]
  const tokens = [ana.refreshToken, cem.refreshToken, bea.refreshToken]
  return {
    Username: names,
    SecretHash: [...names.slice(0, 2).map((name) => hashFor(world, name)), 'bm90IGl0'],
    AccessToken: [ana.accessToken, bea.accessToken, cem.accessToken, verification.accessToken, ana.idToken],
    RefreshToken: tokens,
    Token: tokens,
    ClientSecret: [world.secretClient.secret],
    Password: passwords,
    ProposedPassword: passwords,
    PreviousPassword: passwords,
    TemporaryPassword: passwords,
    ConfirmationCode: [signUp.code, reset.code, '000000'],
    Code: [verification.code, '000000'],
    Session: [challenge.session, 'A'.repeat(40)],
    ...signInsOf(world, users),
  }
}

function signInsOf(world: World, { ana, bea, challenge, srp }: Users): Values {
  const users = { USERNAME: ana.name, PASSWORD: goodPassword }
  return {
    AuthFlow: [
      'USER_PASSWORD_AUTH',
      'USER_PASSWORD_AUTH',
      'ADMIN_USER_PASSWORD_AUTH',
      'ADMIN_USER_PASSWORD_AUTH',
      'USER_SRP_AUTH',
      'REFRESH_TOKEN_AUTH',
    ],
    AuthParameters: [
      ...times(6, users),
      { ...users, PASSWORD: 'Wrong-horse-9' },
      { USERNAME: bea.name, PASSWORD: goodPassword, SECRET_HASH: hashFor(world, bea.name) },
      { USERNAME: bea.name, SRP_A: '1f'.repeat(192) },
      { USERNAME: bea.name, SRP_A: '0' },
      { USERNAME: world.newName(), SRP_A: 'no hex' },
      { REFRESH_TOKEN: bea.refreshToken },
      { REFRESH_TOKEN: ana.accessToken },
    ],
    ChallengeName: ['NEW_PASSWORD_REQUIRED', 'PASSWORD_VERIFIER'],
    ChallengeResponses: [
      { USERNAME: challenge.name, NEW_PASSWORD: otherPassword },
      { USERNAME: challenge.name, NEW_PASSWORD: otherPassword },
      { USERNAME: challenge.name, NEW_PASSWORD: otherPassword, 'userAttributes.nickname': 'Bo', 'userAttributes.__proto__': 'x' },
      { USERNAME: ana.name, NEW_PASSWORD: otherPassword },
      {
        USERNAME: srp['USERNAME'],
        PASSWORD_CLAIM_SECRET_BLOCK: srp['SECRET_BLOCK'],
        PASSWORD_CLAIM_SIGNATURE: 'bm90IGl0',
        TIMESTAMP: srpTimestamp(),
      },
    ],
  }
}

/**
 * Operations that change something and are not about a user get a pool and a client that may be changed or deleted. The pool of the other
 * requests stays as it is.
 */
async function valuesOfOperations(world: World): Promise<Plausible['of']> {
  const { main, changeable } = world
  const deletable = await world.server.givenPool()
  const changing = operations.filter(({ name }) => !readOnly.test(name) && !Object.hasOwn(membersOf(name), 'Username'))
  const changeableIds = { UserPoolId: [changeable.poolId], ClientId: [changeable.clientId], ResourceArn: [arnOf(world)] }
  return {
    ...Object.fromEntries(changing.filter(({ auth }) => auth === 'iam').map(({ name }) => [name, changeableIds])),
    DeleteUserPool: { UserPoolId: [deletable.poolId, nowhere] },
    DeleteUserPoolClient: { UserPoolId: [main.poolId], ClientId: [await newClient(world), deletable.clientId] },
    // Every successful RotateSigningKeys creates two pairs of RSA keys, which takes long. So most of these ids name no pool.
    RotateSigningKeys: { UserPoolId: [changeable.poolId, ...times(9, nowhere)] },
  }
}

const readOnly = /^(Admin|Describe|List|Get)/

const membersOf = (name: OperationName) => getShape(definitionOf(name).input).members ?? {}
