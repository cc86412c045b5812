import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  AdminLinkProviderForUserCommand,
  AdminSetUserMFAPreferenceCommand,
  AdminSetUserPasswordCommand,
  CreateIdentityProviderCommand,
  DescribeIdentityProviderCommand,
  SetUserPoolMfaConfigCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { copyEnvironment, copyPool } from '../support/copies.ts'
import { engines } from '../support/engines.ts'
import { registerApp } from '../support/mfa.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

const address = (name: string) => [
  { Name: 'email', Value: `${name}@example.com` },
  { Name: 'email_verified', Value: 'true' },
]

for (const engine of engines) {
  describe(`Factors and identities in a copied pool on ${engine.name}`, () => {
    const there = useTestServer(engine)
    const here = useTestServer(engine, { flags: ['--region', 'eu-west-1'], env: copyEnvironment })
    const until = () => new Date(here().clock.now() + 86_400_000).toISOString()

    /** Users with an authenticator app there. They set it up before the copy, or after it. */
    async function givenAppUsers(names: readonly string[], { email, isLate = false }: { email: boolean; isLate?: boolean }) {
      const recovery = {
        RecoveryMechanisms: [
          { Priority: 1, Name: 'verified_phone_number' as const },
          { Priority: 2, Name: 'verified_email' as const },
        ],
      }
      const ids = await there().givenPool({ pool: { AccountRecoverySetting: recovery } })
      for (const name of names) await givenUser(there(), ids.poolId, name, { attributes: address(name) })
      await there().send(
        new SetUserPoolMfaConfigCommand({
          UserPoolId: ids.poolId,
          MfaConfiguration: 'OPTIONAL',
          SoftwareTokenMfaConfiguration: { Enabled: true },
          ...(email && { EmailMfaConfiguration: {} }),
        }),
      )
      const copy = () => copyPool(here(), there(), ids.poolId, ['--until', until(), '--client', ids.clientId])
      if (isLate) await copy()
      for (const name of names) {
        await registerApp(there(), (await givenTokens(there(), ids.clientId, name)).accessToken)
        const factor = { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } }
        await there().send(new AdminSetUserMFAPreferenceCommand({ UserPoolId: ids.poolId, Username: name, ...factor }))
      }
      if (!isLate) await copy()
      return ids
    }

    it('ask for a code at a verified address in place of an authenticator app', async () => {
      const ids = await givenAppUsers(['ann'], { email: true })
      assert.equal((await signInByPassword(here(), ids.clientId, 'ann')).ChallengeName, 'EMAIL_OTP')
    })

    it('demand a new app after a new password where no other factor can take its place', async () => {
      const ids = await givenAppUsers(['ben'], { email: false })
      await here().send(
        new AdminSetUserPasswordCommand({ UserPoolId: ids.poolId, Username: 'ben', Password: goodPassword, Permanent: true }),
      )
      assert.equal((await signInByPassword(here(), ids.clientId, 'ben')).ChallengeName, 'MFA_SETUP')
    })

    it('that were set up there after the copy are not skipped', async () => {
      const withEmail = await givenAppUsers(['ann'], { email: true, isLate: true })
      assert.equal((await signInByPassword(here(), withEmail.clientId, 'ann')).ChallengeName, 'EMAIL_OTP')
      const ids = await givenAppUsers(['ben'], { email: false, isLate: true })
      for (let attempt = 0; attempt < 2; attempt++) {
        assert.equal((await signInByPassword(here(), ids.clientId, 'ben')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
      }
    })

    it('keep linked identities and the secret of the provider', async () => {
      const { poolId } = await there().givenPool()
      await there().send(
        new CreateIdentityProviderCommand({
          UserPoolId: poolId,
          ProviderName: 'Google',
          ProviderType: 'Google',
          ProviderDetails: { client_id: 'client', client_secret: 'secret', authorize_scopes: 'openid email' },
          AttributeMapping: { email: 'email' },
        }),
      )
      await givenUser(there(), poolId, 'carl', { attributes: address('carl') })
      await there().send(
        new AdminLinkProviderForUserCommand({
          UserPoolId: poolId,
          DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: 'carl' },
          SourceUser: { ProviderName: 'Google', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: '12345' },
        }),
      )
      await copyPool(here(), there(), poolId)
      const request = new AdminGetUserCommand({ UserPoolId: poolId, Username: 'carl' })
      assert.deepEqual((await here().send(request)).UserAttributes, (await there().send(request)).UserAttributes)
      const provider = await here().send(new DescribeIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Google' }))
      assert.equal(provider.IdentityProvider?.ProviderDetails?.['client_secret'], 'secret')
    })

    it('find users by their address in a pool whose users sign in with it', async () => {
      const ids = await there().givenPool({ pool: { UsernameAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false } } })
      const { sub } = await givenUser(there(), ids.poolId, 'dora@example.com')
      await copyPool(here(), there(), ids.poolId, ['--until', until(), '--client', ids.clientId])
      await signInByPassword(here(), ids.clientId, 'Dora@example.com')
      const shown = await here().send(new AdminGetUserCommand({ UserPoolId: ids.poolId, Username: 'dora@example.com' }))
      assert.equal(shown.Username, sub)
    })
  })
}
