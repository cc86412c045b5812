import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ChangePasswordCommand,
  CreateManagedLoginBrandingCommand,
  CreateTermsCommand,
  CreateUserPoolDomainCommand,
  DescribeIdentityProviderCommand,
  DescribeManagedLoginBrandingByClientCommand,
  DescribeRiskConfigurationCommand,
  GetSigningCertificateCommand,
  GetUICustomizationCommand,
  InitiateAuthCommand,
  ListTermsCommand,
  ListUserPoolClientsCommand,
  SetRiskConfigurationCommand,
  SetUICustomizationCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { oidc } from '../api/pools/provider-requests.ts'
import { engines } from '../support/engines.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { challengeAfterPassword } from '../support/mfa.ts'
import { type Database, keepBackup, restorePoolInto, startKeyedServer } from '../support/pool-backups.ts'
import { signInByCode } from '../support/recovery-codes.ts'
import { answerTotp, givenSealedData, requireEverythingWorks, signInByImportedHash } from '../support/sealed-data.ts'
import { givenTokens, givenUser, goodPassword, secretHash, signInBySrp } from '../support/sign-in.ts'
import type { TestServer } from '../support/test-server.ts'
import { jwksOf, refresh } from '../support/tokens.ts'
import { openTriggerEndpoint } from '../support/trigger-endpoint.ts'

const newId = 'eu-west-1_copy00001'

/** Gives the client everything that is configured for one client. */
async function configureClient(server: TestServer, ids: { readonly UserPoolId: string; readonly ClientId: string }) {
  const actions = { LowAction: { Notify: false, EventAction: 'NO_ACTION' as const } }
  await server.send(new SetRiskConfigurationCommand({ ...ids, AccountTakeoverRiskConfiguration: { Actions: actions } }))
  await server.send(new SetUICustomizationCommand({ ...ids, CSS: '.banner-customizable {padding: 25px}' }))
  await server.send(new CreateManagedLoginBrandingCommand({ ...ids, UseCognitoProvidedValues: true }))
  const links = { 'cognito:default': 'https://app.example.test/terms' }
  await server.send(new CreateTermsCommand({ ...ids, TermsName: 'terms-of-use', TermsSource: 'LINK', Enforcement: 'NONE', Links: links }))
  const OAuth = { NonProductionClientIds: [ids.ClientId] }
  const before = (await callLifeguard(server, 'GetUserPoolExtensions', { UserPoolId: ids.UserPoolId })) as Record<string, unknown>
  await callLifeguard(server, 'SetUserPoolExtensions', { ...before, UserPoolId: ids.UserPoolId, OAuth })
}

async function requireConfigured(server: TestServer, ids: { readonly UserPoolId: string; readonly ClientId: string }) {
  const { RiskConfiguration } = await server.send(new DescribeRiskConfigurationCommand(ids))
  assert.equal(RiskConfiguration?.ClientId, ids.ClientId)
  const { UICustomization } = await server.send(new GetUICustomizationCommand(ids))
  assert.deepEqual([UICustomization?.ClientId, UICustomization?.CSS], [ids.ClientId, '.banner-customizable {padding: 25px}'])
  const { ManagedLoginBranding } = await server.send(new DescribeManagedLoginBrandingByClientCommand(ids))
  assert.equal(ManagedLoginBranding?.UseCognitoProvidedValues, true)
  const { Terms } = await server.send(new ListTermsCommand({ UserPoolId: ids.UserPoolId }))
  assert.deepEqual(
    Terms?.map(({ TermsName }) => TermsName),
    ['terms-of-use'],
  )
  const { OAuth } = (await callLifeguard(server, 'GetUserPoolExtensions', { UserPoolId: ids.UserPoolId })) as never as {
    readonly OAuth: { readonly NonProductionClientIds: readonly string[] }
  }
  assert.deepEqual(OAuth.NonProductionClientIds, [ids.ClientId])
}

async function signInWithSecret(server: TestServer, ClientId: string, secret: string): Promise<void> {
  const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword, SECRET_HASH: secretHash(secret, 'ana', ClientId) }
  const answer = await server.send(new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
  assert.ok(answer.AuthenticationResult)
}

/** The tables of the pool in which a column has one of the texts. */
async function rowsThatName(database: Database, id: string, texts: readonly string[]): Promise<string[]> {
  const { rows } = await keepBackup(database, { kind: 'pool', poolId: id })
  const isNamed = (value: unknown) => typeof value === 'string' && texts.some((text) => value.includes(text))
  return Object.keys(rows).filter((table) => rows[table]?.some((row) => Object.values(row).some(isNamed)))
}

for (const engine of engines) {
  describe(`A user pool restored under another id on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()

    it('lives beside the old one, with new ids wherever they were named', { timeout: 90_000 }, async () => {
      await using server = await startKeyedServer(engine, endpoint.flags)
      const data = await givenSealedData(server, endpoint)
      const { poolId, clientId } = data
      const backup = await keepBackup(server.database, { kind: 'pool', poolId })

      const report = await restorePoolInto(server.database, backup, { poolId, newId })
      assert.equal(report.leftOut.get('device'), 1)
      const { UserPoolClients = [] } = await server.send(new ListUserPoolClientsCommand({ UserPoolId: newId, MaxResults: 60 }))
      assert.deepEqual(UserPoolClients.map(({ ClientId }) => ClientId).sort(), [...report.newClientIds.values()].sort())
      const newClient = report.newClientIds.get(clientId) ?? ''

      // Each sealed value opens under the new id.
      const { accessToken } = await givenTokens(server, newClient, 'ana')
      const change = { AccessToken: accessToken, PreviousPassword: goodPassword, ProposedPassword: 'Former-horse-7' }
      await assert.rejects(server.send(new ChangePasswordCommand(change)), { name: 'PasswordHistoryPolicyViolationException' })
      assert.ok((await signInBySrp(server, { poolId: newId, clientId: newClient }, 'ana', goodPassword)).AuthenticationResult)
      await answerTotp(server, newClient, data.app, (await challengeAfterPassword(server, newClient, 'ben')).session)
      assert.ok((await signInByCode(server, newClient, data.codes[0] ?? '', 'ben')).AuthenticationResult)
      await signInByImportedHash(server, { ...data, clientId: newClient })
      await signInWithSecret(server, report.newClientIds.get(data.secretClient.id) ?? '', data.secretClient.secret)
      const provider = { UserPoolId: newId, ProviderName: data.ProviderName }
      const { IdentityProvider } = await server.send(new DescribeIdentityProviderCommand(provider))
      assert.equal(IdentityProvider?.ProviderDetails?.['client_secret'], oidc.ProviderDetails['client_secret'])
      const { Certificate } = await server.send(new GetSigningCertificateCommand({ UserPoolId: newId }))
      assert.equal(Certificate, data.Certificate)
      const { TestUsers } = await callLifeguard(server, 'GetUserPoolExtensions', { UserPoolId: newId })
      assert.deepEqual(TestUsers, [{ Username: 'robot', Code: '246810' }])

      await requireEverythingWorks(server, data)
    })

    it('has the settings and auth events of its clients under their new ids', async () => {
      await using server = await startKeyedServer(engine)
      const pool = { UserPoolTier: 'PLUS' as const, UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' as const } }
      const { poolId, clientId } = await server.givenPool({ pool })
      await givenUser(server, poolId, 'eve')
      await givenTokens(server, clientId, 'eve')
      await server.send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: 'old-prefix' }))
      await configureClient(server, { UserPoolId: poolId, ClientId: clientId })
      const backup = await keepBackup(server.database, { kind: 'everything' })
      const report = await restorePoolInto(server.database, backup, { poolId, newId })
      assert.deepEqual(report.takenDomains, ['old-prefix'])
      await server.send(new CreateUserPoolDomainCommand({ UserPoolId: newId, Domain: 'new-prefix' }))
      const newClient = report.newClientIds.get(clientId) ?? ''
      await requireConfigured(server, { UserPoolId: newId, ClientId: newClient })
      await requireConfigured(server, { UserPoolId: poolId, ClientId: clientId })
      const named = await rowsThatName(server.database, newId, [poolId, clientId])
      assert.deepEqual(named, [])
      assert.ok((await rowsThatName(server.database, newId, [newClient])).includes('auth_event'))
    })

    it('accepts nothing that was issued for the old one', async () => {
      await using server = await startKeyedServer(engine)
      const { poolId, clientId } = await server.givenPool()
      await givenUser(server, poolId, 'eve')
      const tokens = await givenTokens(server, clientId, 'eve')
      const backup = await keepBackup(server.database, { kind: 'pool', poolId })
      const report = await restorePoolInto(server.database, backup, { poolId, newId })
      const newClient = report.newClientIds.get(clientId) ?? ''
      await assert.rejects(refresh(server, newClient, tokens.refreshToken), { name: 'NotAuthorizedException' })
      const kids = async (id: string) => (await jwksOf(server, id)).keys.map(({ kid }) => kid)
      const [oldKids, newKids] = [await kids(poolId), await kids(newId)]
      assert.equal(newKids.length, 2)
      assert.ok(newKids.every((kid) => !oldKids.includes(kid)))
      assert.ok((await refresh(server, clientId, tokens.refreshToken)).AuthenticationResult)
    })
  })
}
