import { factsOf, shapeNamed } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import { goodPassword } from '../../support/sign-in.ts'
import type { Request } from './places.ts'
import { exampleOf } from './shape-values.ts'
import {
  addressOf,
  newClient,
  newPasswordChallenge,
  newReset,
  newSignedInUser,
  newSignUp,
  newUser,
  newVerification,
  type World,
} from './world.ts'

type Maker = (world: World) => Request | Promise<Request>

const otherPassword = 'Another-horse-8'

const emailAttribute = (name: string) => [{ Name: 'email', Value: addressOf(name) }]

const ofUser = async (world: World) => ({ UserPoolId: world.main.poolId, Username: await newUser(world) })
const withToken = async (world: World) => ({ AccessToken: (await newSignedInUser(world)).accessToken })

const answerToChallenge: Maker = async (world) => {
  const { name, session } = await newPasswordChallenge(world)
  const ChallengeResponses = { USERNAME: name, NEW_PASSWORD: otherPassword }
  return { ClientId: world.main.clientId, ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: session, ChallengeResponses }
}

const passwordSignIn = async (world: World) => ({
  ClientId: world.main.clientId,
  AuthParameters: { USERNAME: await newUser(world), PASSWORD: goodPassword },
})

/** Operations whose good request is more than the model and the ids of the world can tell. */
const makers: Partial<Record<OperationName, Maker>> = {
  AddCustomAttributes: async ({ server, freshName }) => {
    const { poolId } = await server.givenPool()
    return { UserPoolId: poolId, CustomAttributes: [{ Name: freshName(), AttributeDataType: 'String' }] }
  },
  AdminConfirmSignUp: async (world) => ({ UserPoolId: world.main.poolId, Username: (await newSignUp(world)).name }),
  AdminCreateUser: ({ main, freshName }) => ({ UserPoolId: main.poolId, Username: freshName(), MessageAction: 'SUPPRESS' }),
  AdminDeleteUserAttributes: async (world) => ({ ...(await ofUser(world)), UserAttributeNames: ['email'] }),
  AdminInitiateAuth: async (world) => ({
    ...(await passwordSignIn(world)),
    UserPoolId: world.main.poolId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
  }),
  AdminRespondToAuthChallenge: async (world) => ({ ...(await answerToChallenge(world)), UserPoolId: world.main.poolId }),
  AdminSetUserPassword: async (world) => ({ ...(await ofUser(world)), Password: otherPassword, Permanent: true }),
  AdminUpdateUserAttributes: async (world) => ({ ...(await ofUser(world)), UserAttributes: emailAttribute(world.freshName()) }),
  ChangePassword: async (world) => ({
    ...(await withToken(world)),
    PreviousPassword: goodPassword,
    ProposedPassword: otherPassword,
  }),
  ConfirmForgotPassword: async (world) => {
    const { name, code } = await newReset(world)
    return { ClientId: world.main.clientId, Username: name, ConfirmationCode: code, Password: otherPassword }
  },
  ConfirmSignUp: async (world) => {
    const { name, code } = await newSignUp(world)
    return { ClientId: world.main.clientId, Username: name, ConfirmationCode: code }
  },
  CreateUserPool: ({ freshName }) => ({ PoolName: freshName() }),
  CreateUserPoolClient: ({ workshop, freshName }) => ({ UserPoolId: workshop.poolId, ClientName: freshName() }),
  DeleteUserAttributes: async (world) => ({ ...(await withToken(world)), UserAttributeNames: ['nickname'] }),
  DeleteUserPool: async ({ server }) => ({ UserPoolId: (await server.givenPool()).poolId }),
  DeleteUserPoolClient: async (world) => ({ UserPoolId: world.main.poolId, ClientId: await newClient(world) }),
  GetTokensFromRefreshToken: async (world) => ({
    ClientId: world.rotatingClientId,
    RefreshToken: (await newSignedInUser(world, world.rotatingClientId)).refreshToken,
  }),
  GetUserAttributeVerificationCode: async (world) => ({ ...(await withToken(world)), AttributeName: 'email' }),
  InitiateAuth: async (world) => ({ ...(await passwordSignIn(world)), AuthFlow: 'USER_PASSWORD_AUTH' }),
  ListUserPools: () => ({ MaxResults: 10 }),
  ResendConfirmationCode: async (world) => ({ ClientId: world.main.clientId, Username: (await newSignUp(world)).name }),
  RespondToAuthChallenge: answerToChallenge,
  RevokeToken: async (world) => ({ ClientId: world.main.clientId, Token: (await newSignedInUser(world)).refreshToken }),
  RotateSigningKeys: ({ workshop }) => ({ UserPoolId: workshop.poolId }),
  SignUp: ({ main, freshName }) => {
    const name = freshName()
    return { ClientId: main.clientId, Username: name, Password: goodPassword, UserAttributes: emailAttribute(name) }
  },
  UpdateUserAttributes: async (world) => ({ ...(await withToken(world)), UserAttributes: [{ Name: 'nickname', Value: 'Bo' }] }),
  UpdateUserPool: ({ workshop }) => ({ UserPoolId: workshop.poolId }),
  UpdateUserPoolClient: ({ workshop }) => ({ UserPoolId: workshop.poolId, ClientId: workshop.clientId }),
  VerifyUserAttribute: async (world) => {
    const { accessToken, code } = await newVerification(world)
    return { AccessToken: accessToken, AttributeName: 'email', Code: code }
  },
}

/** A request that must be answered 200, once. */
export async function goodRequest(name: OperationName, world: World): Promise<Request> {
  return (await makers[name]?.(world)) ?? guess(name, world)
}

/** The required members: ids of the world where the member's name tells which, examples of the model elsewhere. */
async function guess(name: OperationName, world: World): Promise<Request> {
  const { members = {}, required = [] } = shapeNamed(factsOf(name).input)
  const request: Record<string, unknown> = {}
  for (const member of required) request[member] = (await fromWorld(member, world)) ?? exampleOf(members[member] ?? '')
  return request
}

async function fromWorld(member: string, world: World): Promise<string | undefined> {
  switch (member) {
    case 'UserPoolId':
      return world.main.poolId
    case 'ClientId':
      return world.main.clientId
    case 'Username':
      return newUser(world)
    case 'AccessToken':
      return (await newSignedInUser(world)).accessToken
    default:
      return undefined
  }
}
