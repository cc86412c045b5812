import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
  type RoleMapping,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity'
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { noteSecrets } from './evidence.ts'
import type { Credentials, ProductionServer } from './production-server.ts'
import { policyDocument, trustOfIdentityPool } from './roles.ts'
import { goodPassword } from './sign-in.ts'
import { signedCall } from './signed-call.ts'

export type Logins = Readonly<Record<string, string>>

/** A user pool, and an identity pool for its users and for guests, on a server that checks signatures. */
export async function givenProductionPools(server: ProductionServer, owner: Credentials) {
  const identityPools = new CognitoIdentityClient({ endpoint: server.url, region: server.region, credentials: owner, maxAttempts: 1 })
  const userPool = await givenUserPool(server, owner)
  const { IdentityPoolId = '' } = await identityPools.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: 'customers',
      AllowUnauthenticatedIdentities: true,
      AllowClassicFlow: true,
      CognitoIdentityProviders: [{ ProviderName: userPool.provider, ClientId: userPool.clientId }],
    }),
  )
  const roleArn = (name: string) => `arn:aws:iam::${server.accountId}:role/${name}`

  return {
    ...userPool,
    identityPoolId: IdentityPoolId,
    identityPools,
    roleArn,

    /** Creates a role, or replaces it. Its trust policy trusts the identities of the pool with this `amr`, unless another one is given. */
    async putRole(
      name: string,
      permissions: readonly object[],
      more: { amr?: string; trust?: object; RevokeSessions?: boolean } = {},
    ): Promise<string> {
      const { amr, trust = trustOfIdentityPool(IdentityPoolId, amr), ...members } = more
      const Policies = { main: policyDocument(...permissions) }
      await signedCall(server, owner, 'PutRole', { RoleArn: roleArn(name), TrustPolicy: policyDocument(trust), Policies, ...members })
      return roleArn(name)
    },

    setRoles(roles: { authenticated?: string; unauthenticated?: string }, RoleMappings?: Record<string, RoleMapping>) {
      return identityPools.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles: roles, RoleMappings }))
    },

    async getId(Logins?: Logins): Promise<string> {
      return (await identityPools.send(new GetIdCommand({ IdentityPoolId, Logins }))).IdentityId ?? ''
    },

    /** The credentials of an identity, as the SDK's clients take them. */
    async getCredentials(IdentityId: string, Logins?: Logins, CustomRoleArn?: string): Promise<Credentials> {
      const request = new GetCredentialsForIdentityCommand({ IdentityId, Logins, CustomRoleArn })
      const { Credentials: given } = await identityPools.send(request)
      noteSecrets(given)
      return { accessKeyId: given?.AccessKeyId ?? '', secretAccessKey: given?.SecretKey ?? '', sessionToken: given?.SessionToken ?? '' }
    },
  }
}

/** A user pool with an app client, and what its users do. */
async function givenUserPool(server: ProductionServer, owner: Credentials) {
  const userPools = server.client(owner)
  const { UserPool } = await userPools.send(new CreateUserPoolCommand({ PoolName: 'customers' }))
  const userPoolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await userPools.send(
    new CreateUserPoolClientCommand({ UserPoolId: userPoolId, ClientName: 'app', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }),
  )
  const clientId = UserPoolClient?.ClientId ?? ''
  const provider = `cognito-idp.${server.region}.amazonaws.com/${userPoolId}`

  /** Signs the user in, and returns the login for `Logins`. */
  async function tokenOf(username: string): Promise<Logins> {
    const AuthParameters = { USERNAME: username, PASSWORD: goodPassword }
    const flow = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters } as const
    const { AuthenticationResult } = await userPools.send(new InitiateAuthCommand(flow))
    return { [provider]: AuthenticationResult?.IdToken ?? '' }
  }

  return {
    userPoolId,
    userPoolArn: `arn:aws:cognito-idp:${server.region}:${server.accountId}:userpool/${userPoolId}`,
    clientId,
    provider,

    /** Creates a user, signs the user in, and returns the login for `Logins`. */
    async signIn(username: string): Promise<Logins> {
      await userPools.send(new AdminCreateUserCommand({ UserPoolId: userPoolId, Username: username, MessageAction: 'SUPPRESS' }))
      const Password = goodPassword
      await userPools.send(new AdminSetUserPasswordCommand({ UserPoolId: userPoolId, Username: username, Password, Permanent: true }))
      return tokenOf(username)
    },
    tokenOf,

    /** Adds the user to a new group with this role. */
    async addToGroup(Username: string, GroupName: string, RoleArn: string): Promise<void> {
      await userPools.send(new CreateGroupCommand({ UserPoolId: userPoolId, GroupName, RoleArn }))
      await userPools.send(new AdminAddUserToGroupCommand({ UserPoolId: userPoolId, GroupName, Username }))
    },
  }
}
