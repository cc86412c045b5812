import type { OperationName } from '../../../src/contract/operation.ts'
import { givenTokens, givenUser, goodPassword } from '../../support/sign-in.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import {
  addressOf,
  newPasswordChallenge,
  newReset,
  newSignedInUser,
  newSignUp,
  newUser,
  newVerification,
  otherPassword,
  type World,
} from './world.ts'

const emailAttribute = (name: string) => [{ Name: 'email', Value: addressOf(name) }]

const ofUser = async (world: World) => ({ UserPoolId: world.main.poolId, Username: await newUser(world) })
const withToken = async (world: World) => ({ AccessToken: (await newSignedInUser(world)).accessToken })

const answerToChallenge: RequestFactory = async (world) => {
  const { name, session } = await newPasswordChallenge(world)
  const ChallengeResponses = { USERNAME: name, NEW_PASSWORD: otherPassword }
  return { ClientId: world.main.clientId, ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: session, ChallengeResponses }
}

const passwordSignIn = async (world: World) => ({
  ClientId: world.main.clientId,
  AuthParameters: { USERNAME: await newUser(world), PASSWORD: goodPassword },
})

const newGroup = ({ main, newName }: World) => ({ UserPoolId: main.poolId, GroupName: newName() })

const ofGroup = async (world: World) => {
  const group = newGroup(world)
  await mustSucceed(world, 'CreateGroup', group)
  return group
}

const ofMember = async (world: World) => ({ ...(await ofGroup(world)), ...(await ofUser(world)) })

/** A deleted user of a pool that keeps deleted users. */
const ofKeptUser: RequestFactory = async (world) => {
  const { poolId: UserPoolId } = await world.server.givenPool()
  await mustSucceed(world, 'SetUserPoolExtensions', { UserPoolId, DeletedUsers: { KeepDays: 1 } })
  const { sub, username } = await givenUser(world.server, UserPoolId, world.newName())
  await mustSucceed(world, 'AdminDeleteUser', { UserPoolId, Username: username })
  return { UserPoolId, Sub: sub }
}

/** A user of a pool whose users can change their usernames. */
const withChangeableName = async (world: World) => {
  const { poolId, clientId } = await world.server.givenPool()
  await mustSucceed(world, 'SetUserPoolExtensions', { UserPoolId: poolId, Usernames: { ChangeableBy: 'USERS' } })
  return { poolId, clientId, ...(await givenUser(world.server, poolId, world.newName())) }
}

/** Requests for users that cannot be derived from the model and the ids in a `World`. */
export const userRequests: Partial<Record<OperationName, RequestFactory>> = {
  AdminAddUserToGroup: ofMember,
  AdminChangeUsername: async (world) => {
    const { poolId, username } = await withChangeableName(world)
    return { UserPoolId: poolId, Username: username, NewUsername: world.newName(), ReleaseFormerUsername: true }
  },
  AdminConfirmSignUp: async (world) => ({ UserPoolId: world.main.poolId, Username: (await newSignUp(world)).name }),
  AdminCreateUser: ({ main, newName }) => ({ UserPoolId: main.poolId, Username: newName(), MessageAction: 'SUPPRESS' }),
  AdminDeleteUserAttributes: async (world) => ({ ...(await ofUser(world)), UserAttributeNames: ['email'] }),
  AdminInitiateAuth: async (world) => ({
    ...(await passwordSignIn(world)),
    UserPoolId: world.main.poolId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
  }),
  AdminRemoveUserFromGroup: ofMember,
  AdminRespondToAuthChallenge: async (world) => ({ ...(await answerToChallenge(world)), UserPoolId: world.main.poolId }),
  AdminSetUserPassword: async (world) => ({ ...(await ofUser(world)), Password: otherPassword, Permanent: true }),
  AdminUpdateUserAttributes: async (world) => ({ ...(await ofUser(world)), UserAttributes: emailAttribute(world.newName()) }),
  PurgeDeletedUser: ofKeptUser,
  RestoreUser: ofKeptUser,
  MergeUsers: async (world) => ({ ...(await ofUser(world)), MergedUsername: await newUser(world), MoveGroups: true }),
  ChangePassword: async (world) => ({
    ...(await withToken(world)),
    PreviousPassword: goodPassword,
    ProposedPassword: otherPassword,
  }),
  ChangeUsername: async (world) => {
    const { clientId, username } = await withChangeableName(world)
    return {
      AccessToken: (await givenTokens(world.server, clientId, username)).accessToken,
      NewUsername: world.newName(),
      Password: goodPassword,
    }
  },
  ConfirmForgotPassword: async (world) => {
    const { name, code } = await newReset(world)
    return { ClientId: world.main.clientId, Username: name, ConfirmationCode: code, Password: otherPassword }
  },
  IssueCode: async (world) => ({ UserPoolId: world.main.poolId, Username: (await newSignUp(world)).name, Purpose: 'SIGN_UP' }),
  ConfirmSignUp: async (world) => {
    const { name, code } = await newSignUp(world)
    return { ClientId: world.main.clientId, Username: name, ConfirmationCode: code }
  },
  CreateGroup: newGroup,
  DeleteGroup: ofGroup,
  DeleteUserAttributes: async (world) => ({ ...(await withToken(world)), UserAttributeNames: ['nickname'] }),
  GetGroup: ofGroup,
  GetTokensFromRefreshToken: async (world) => ({
    ClientId: world.rotatingClientId,
    RefreshToken: (await newSignedInUser(world, world.rotatingClientId)).refreshToken,
  }),
  GetUserAttributeVerificationCode: async (world) => ({ ...(await withToken(world)), AttributeName: 'email' }),
  InitiateAuth: async (world) => ({ ...(await passwordSignIn(world)), AuthFlow: 'USER_PASSWORD_AUTH' }),
  ListUsersInGroup: ofGroup,
  ResendConfirmationCode: async (world) => ({ ClientId: world.main.clientId, Username: (await newSignUp(world)).name }),
  RespondToAuthChallenge: answerToChallenge,
  RevokeToken: async (world) => ({ ClientId: world.main.clientId, Token: (await newSignedInUser(world)).refreshToken }),
  SignUp: ({ main, newName }) => {
    const name = newName()
    return { ClientId: main.clientId, Username: name, Password: goodPassword, UserAttributes: emailAttribute(name) }
  },
  UpdateGroup: ofGroup,
  UpdateUserAttributes: async (world) => ({ ...(await withToken(world)), UserAttributes: [{ Name: 'nickname', Value: 'Bo' }] }),
  VerifyUserAttribute: async (world) => {
    const { accessToken, code } = await newVerification(world)
    return { AccessToken: accessToken, AttributeName: 'email', Code: code }
  },
}
