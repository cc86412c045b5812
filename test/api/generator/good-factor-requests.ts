import type { OperationName } from '../../../src/contract/operation.ts'
import { appOf, prefer } from '../../support/mfa.ts'
import { pageOrigin, passkeysOf, registerPasskey, startRegistration } from '../../support/passkeys.ts'
import { givenTokens } from '../../support/sign-in.ts'
import { makePasskey } from '../../support/software-authenticator.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import { newSignedInUser, newUser, type World } from './world.ts'

/** Removes SMS as a second factor, because the users of these tests have no phone. */
const noText = { MFAOptions: [] }

const withToken = async (world: World) => ({ AccessToken: (await newSignedInUser(world)).accessToken })

/** A user who is signed in twice, and the id of the session that is not the current one. */
async function otherSession(world: World) {
  const { name, accessToken } = await newSignedInUser(world)
  await givenTokens(world.server, world.main.clientId, name)
  const { Sessions } = await mustSucceed(world, 'ListUserSessions', { AccessToken: accessToken })
  const other = (Sessions as { SessionId: string; IsCurrentSession: boolean }[]).find(({ IsCurrentSession }) => !IsCurrentSession)
  return { name, accessToken, SessionId: other?.SessionId }
}

/** Requests for second factors, passkeys and sessions that cannot be derived from the model and the ids in a `World`. */
export const factorRequests: Partial<Record<OperationName, RequestFactory>> = {
  AdminRevokeUserSession: async (world) => {
    const { name, SessionId } = await otherSession(world)
    return { UserPoolId: world.main.poolId, Username: name, SessionId }
  },
  AdminSetUserSettings: async (world) => ({ UserPoolId: world.main.poolId, Username: await newUser(world), ...noText }),
  AssociateSoftwareToken: withToken,
  CompleteWebAuthnRegistration: async (world) => {
    const { AccessToken } = await withToken(world)
    const passkey = makePasskey(await startRegistration(world.server, AccessToken), pageOrigin, {})
    return { AccessToken, Credential: passkey.registration }
  },
  CreateRecoveryCodes: async (world) => {
    const { name, accessToken } = await newSignedInUser(world)
    const { SecretCode } = await mustSucceed(world, 'AssociateSoftwareToken', { AccessToken: accessToken })
    const UserCode = appOf(world.server, String(SecretCode)).code()
    await mustSucceed(world, 'VerifySoftwareToken', { AccessToken: accessToken, UserCode })
    await prefer(world.server, world.main.poolId, name, { SoftwareTokenMfaSettings: { Enabled: true } })
    return { AccessToken: accessToken }
  },
  DeleteWebAuthnCredential: async (world) => {
    const { AccessToken } = await withToken(world)
    await registerPasskey(world.server, AccessToken)
    return { AccessToken, CredentialId: (await passkeysOf(world.server, AccessToken))[0] }
  },
  RevokeUserSession: async (world) => {
    const { accessToken, SessionId } = await otherSession(world)
    return { AccessToken: accessToken, SessionId }
  },
  SetUserPoolClientSessionConfiguration: ({ main }) => ({
    UserPoolId: main.poolId,
    ClientId: main.clientId,
    SSOSession: { MaxValidityMinutes: 5 },
  }),
  SetUserSettings: async (world) => ({ ...(await withToken(world)), ...noText }),
  UpdateWebAuthnCredential: async (world) => {
    const { AccessToken } = await withToken(world)
    await registerPasskey(world.server, AccessToken)
    return { AccessToken, CredentialId: (await passkeysOf(world.server, AccessToken))[0], FriendlyCredentialName: 'My phone' }
  },
  VerifySoftwareToken: async (world) => {
    const { AccessToken } = await withToken(world)
    const { SecretCode } = await mustSucceed(world, 'AssociateSoftwareToken', { AccessToken })
    return { AccessToken, UserCode: appOf(world.server, String(SecretCode)).code() }
  },
}
