import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDisableProviderForUserCommand,
  AdminDisableUserCommand,
  AdminLinkProviderForUserCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserMFAPreferenceCommand,
  AdminSetUserPasswordCommand,
  AssociateSoftwareTokenCommand,
  type AuthenticationResultType,
  CreateGroupCommand,
  CreateIdentityProviderCommand,
  SetUserPoolMfaConfigCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { argon2id, bcrypt, createSHA256, pbkdf2, scrypt } from 'hash-wasm'
import { importFile } from './imports.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { appOf, factorBlocks, SmsConfiguration } from './mfa.ts'
import { registerPasskey } from './passkeys.ts'
import { attributeList, type PoolAndClient, signUp, type Values } from './self-service.ts'
import { givenUser, goodPassword, signInByPassword } from './sign-in.ts'
import { confirmOffered } from './software-device.ts'
import type { TestServer } from './test-server.ts'

/** The password of the users whose hashes another library made. */
export const importedPassword = 'Ünïcode-horse-7'

/** Texts that are hard to write into files. */
export const hardValues: Values = {
  name: 'Zoë "Ž", Ltd.; \\,=1+1 \u2028 𝒳 end',
  address: 'First line\nSecond line\r\n\tThird, line',
  nickname: 'ends with a backslash\\',
  birthdate: '2000-02-29',
  given_name: 'Zoë',
  family_name: 'Ž',
  phone_number: '+15550100',
  phone_number_verified: 'true',
  'custom:note': `${'ä,"'.repeat(682)}xx`,
}

export type FullPool = PoolAndClient & {
  readonly totpSecret: string
  readonly passkeyId: string
  readonly deviceKey: string
  /** The password hashes as another library made them, by username. */
  readonly hashes: Readonly<Record<string, string>>
}

/**
 * A pool with users of every kind:
 * - `rich` has everything: hard values, groups, an Argon2id hash, former passwords, an authenticator app, a passkey, a device, an identity
 *   and a user who was merged into it;
 * - `argon`, `bcrypt`, `scrypt` and `pbkdf2` have imported hashes;
 * - `srp` has a verifier; `disabled`, `unconfirmed`, `temporary`, `reset` and `external` say it; `žofie` has no e-mail address.
 */
export async function givenFullPool(server: TestServer): Promise<FullPool> {
  const ids = await givenEmptyFullPool(server)
  const hashes = await importHashes(server, ids.poolId)
  await givenUser(server, ids.poolId, 'srp', { attributes: mailOf('srp') })
  await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Passwords: { Storage: 'BOTH' } })
  const rich = await givenRichUser(server, ids)
  await givenOtherUsers(server, ids)
  return { ...ids, hashes, ...rich }
}

const mailOf = (name: string) => attributeList({ email: `${name}@example.test`, email_verified: 'true' })

/** The same pool without groups and users. */
export async function givenEmptyFullPool(server: TestServer): Promise<PoolAndClient> {
  const ids = await server.givenPool({
    pool: {
      AutoVerifiedAttributes: ['email'],
      SmsConfiguration,
      Schema: [
        { Name: 'note', AttributeDataType: 'String', Mutable: true },
        { Name: 'a.b', AttributeDataType: 'String', Mutable: true },
      ],
      DeviceConfiguration: { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: false },
      Policies: {
        PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 3 },
        SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] },
      },
    },
  })
  const factors = { ...factorBlocks.sms, ...factorBlocks.totp, WebAuthnConfiguration: { RelyingPartyId: 'example.test' } }
  await server.send(new SetUserPoolMfaConfigCommand({ UserPoolId: ids.poolId, MfaConfiguration: 'OPTIONAL', ...factors }))
  const google = { client_id: 'id', client_secret: 'secret', authorize_scopes: 'openid email' }
  const provider = { UserPoolId: ids.poolId, ProviderName: 'Google', ProviderType: 'Google' as const, ProviderDetails: google }
  await server.send(new CreateIdentityProviderCommand({ ...provider, AttributeMapping: { email: 'email' } }))
  return ids
}

async function importHashes(server: TestServer, poolId: string): Promise<Record<string, string>> {
  const salt = Buffer.from('0123456789abcdef')
  const password = importedPassword
  const hex = await scrypt({ password, salt, costFactor: 1024, blockSize: 8, parallelism: 1, hashLength: 32, outputType: 'hex' })
  const key = await pbkdf2({ password, salt, iterations: 1000, hashLength: 32, hashFunction: createSHA256(), outputType: 'binary' })
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '')
  const hashes = {
    argon: await argon2id({ password, salt, parallelism: 1, iterations: 1, memorySize: 64, hashLength: 32, outputType: 'encoded' }),
    bcrypt: await bcrypt({ password, salt, costFactor: 4, outputType: 'encoded' }),
    scrypt: `1024$8$1$${salt.toString('hex')}$${hex}`,
    pbkdf2: `$pbkdf2-sha256$1000$${base64(salt)}$${base64(key)}`,
  }
  const algorithms = { argon: 'ARGON2ID', bcrypt: 'BCRYPT', scrypt: 'SCRYPT', pbkdf2: 'PBKDF2_SHA256' } as const
  for (const [name, hash] of Object.entries(hashes)) {
    const row = `${name},${name}@example.test,true,${hash.replaceAll(',', '\\,')}`
    const PasswordHashingAlgorithm = algorithms[name as keyof typeof hashes]
    const job = await importFile(server, poolId, `cognito:username,email,email_verified,password_hash\n${row}`, {
      PasswordHashingAlgorithm,
    })
    if (job.ImportedUsers !== 1) throw new Error(`${name} was not imported.`)
  }
  return hashes
}

async function givenRichUser(server: TestServer, { poolId, clientId }: PoolAndClient) {
  const user = { UserPoolId: poolId, Username: 'rich' }
  await givenUser(server, poolId, 'rich', { attributes: [...mailOf('rich'), ...attributeList(hardValues)], password: 'First-password-7' })
  await server.send(new AdminSetUserPasswordCommand({ ...user, Password: goodPassword, Permanent: true }))
  for (const GroupName of ['admins', 'a/b']) {
    await server.send(new CreateGroupCommand({ UserPoolId: poolId, GroupName, Precedence: 1, Description: 'Group, "one"' }))
    await server.send(new AdminAddUserToGroupCommand({ ...user, GroupName }))
  }
  const { AuthenticationResult = {} } = await signInByPassword(server, clientId, 'rich')
  const deviceKey = (await confirmOffered(server, AuthenticationResult, 'Zoë’s phone')).device.key
  const totpSecret = await registerAuthenticatorApp(server, AuthenticationResult)
  const passkey = await registerPasskey(server, AuthenticationResult.AccessToken ?? '')
  const active = { Enabled: true }
  await server.send(
    new AdminSetUserMFAPreferenceCommand({ ...user, SoftwareTokenMfaSettings: { ...active, PreferredMfa: true }, SMSMfaSettings: active }),
  )
  await link(server, poolId, 'rich', 'google-4711')
  await givenUser(server, poolId, 'merged')
  await callLifeguard(server, 'MergeUsers', { ...user, MergedUsername: 'merged' })
  return { totpSecret, passkeyId: passkey.id, deviceKey }
}

async function registerAuthenticatorApp(server: TestServer, { AccessToken }: AuthenticationResultType): Promise<string> {
  const { SecretCode = '' } = await server.send(new AssociateSoftwareTokenCommand({ AccessToken }))
  const UserCode = appOf(server, SecretCode).code()
  await server.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode, FriendlyDeviceName: 'My app' }))
  return SecretCode
}

function link(server: TestServer, poolId: string, username: string, value: string) {
  return server.send(
    new AdminLinkProviderForUserCommand({
      UserPoolId: poolId,
      DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: username },
      SourceUser: { ProviderName: 'Google', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: value },
    }),
  )
}

async function givenOtherUsers(server: TestServer, { poolId, clientId }: PoolAndClient): Promise<void> {
  const user = (Username: string) => ({ UserPoolId: poolId, Username })
  for (const name of ['disabled', 'reset', 'external']) await givenUser(server, poolId, name, { attributes: mailOf(name) })
  await server.send(new AdminDisableUserCommand(user('disabled')))
  await server.send(new AdminResetUserPasswordCommand(user('reset')))
  await link(server, poolId, 'external', 'google-4712')
  const own = { ProviderName: 'Cognito', ProviderAttributeValue: 'external' }
  await server.send(new AdminDisableProviderForUserCommand({ UserPoolId: poolId, User: own }))
  const invitation = { MessageAction: 'SUPPRESS', TemporaryPassword: goodPassword, UserAttributes: mailOf('temporary') } as const
  await server.send(new AdminCreateUserCommand({ ...user('temporary'), ...invitation }))
  await signUp(server, clientId, 'unconfirmed', { email: 'unconfirmed@example.test' })
  await givenUser(server, poolId, 'žofie', { attributes: attributeList({ 'custom:a.b': 'dotted' }) })
}
