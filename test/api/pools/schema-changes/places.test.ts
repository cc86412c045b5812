import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  CreateIdentityProviderCommand,
  type CreateIdentityProviderCommandInput,
  DeleteUserAttributesCommand,
  DescribeIdentityProviderCommand,
  RespondToAuthChallengeCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { customOf, planChange, switchTo, undoChange, untilState } from '../../../support/schema-changes.ts'
import { claimsOf, givenTokens, givenUser, goodPassword, signInByPassword } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { oidc } from '../provider-requests.ts'

const rename = { Attribute: 'custom:plan', NewName: 'custom:tier' }
const provider = { ...oidc, AttributeMapping: { 'custom:plan': 'level', email: 'email' } } as unknown as CreateIdentityProviderCommandInput

for (const engine of engines) {
  describe(`Settings that name a renamed attribute on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const givenPool = () => server().givenPool({ pool: { Schema: [{ Name: 'plan', AttributeDataType: 'String', Mutable: true }] } })
    const extensions = (UserPoolId: string) => callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId })

    it('are in the plan, and follow the rename and its undo: mappings, locked attributes, claims', async () => {
      const { poolId: UserPoolId, clientId } = await givenPool()
      await givenUser(server(), UserPoolId, 'ana', { attributes: [{ Name: 'custom:plan', Value: 'gold' }] })
      await server().send(new CreateIdentityProviderCommand({ ...provider, UserPoolId }))
      const other = { UserPoolId, ProviderName: 'Other' }
      await server().send(new CreateIdentityProviderCommand({ ...provider, ...other, AttributeMapping: { email: 'email' } }))
      const changedAt = async (ProviderName: string) => {
        const { IdentityProvider } = await server().send(new DescribeIdentityProviderCommand({ UserPoolId, ProviderName }))
        return IdentityProvider?.LastModifiedDate?.getTime()
      }
      const createdAt = await changedAt('Other')
      server().clock.advance(1_000)
      const Tokens = { Claims: [{ Name: 'level', Attribute: 'custom:plan' }] }
      const SelfService = { LockedAttributes: ['custom:plan'] }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId, Tokens, SelfService })
      const mapping = async () => {
        const { IdentityProvider } = await server().send(new DescribeIdentityProviderCommand({ UserPoolId, ProviderName: 'Corp' }))
        const { username: _username, ...mapped } = IdentityProvider?.AttributeMapping ?? {}
        return mapped
      }
      const { Places } = await planChange(server(), UserPoolId, rename)
      assert.deepEqual(
        Places.map(({ Kind, Name, Changed }: Record<string, unknown>) => [Kind, Name, Changed]),
        [
          ['IDENTITY_PROVIDER_MAPPING', 'Corp', true],
          ['LOCKED_ATTRIBUTES', undefined, true],
          ['TOKEN_CLAIM', 'level', true],
        ],
      )

      await switchTo(server(), UserPoolId, [rename], { OldNamesHours: 1 })
      assert.deepEqual(await mapping(), { 'custom:tier': 'level', email: 'email' })
      // A provider whose mapping does not name the attribute stays as it is.
      assert.deepEqual([await changedAt('Other'), await changedAt('Corp')], [createdAt, server().clock.now()])
      assert.deepEqual((await extensions(UserPoolId)).SelfService.LockedAttributes, ['custom:tier'])
      const { accessToken, idToken } = await givenTokens(server(), clientId, 'ana')
      assert.equal(claimsOf(idToken)['level'], 'gold')
      for (const Name of ['custom:plan', 'custom:tier']) {
        const update = new UpdateUserAttributesCommand({ AccessToken: accessToken, UserAttributes: [{ Name, Value: 'x' }] })
        await assert.rejects(server().send(update), { name: 'NotAuthorizedException', message: /custom:tier/ })
        const removal = new DeleteUserAttributesCommand({ AccessToken: accessToken, UserAttributeNames: [Name] })
        await assert.rejects(server().send(removal), { name: 'NotAuthorizedException', message: /custom:tier/ })
      }

      await undoChange(server(), UserPoolId)
      await untilState(server(), UserPoolId, 'UNDONE')
      assert.deepEqual(await mapping(), { 'custom:plan': 'level', email: 'email' })
      assert.deepEqual((await extensions(UserPoolId)).SelfService.LockedAttributes, ['custom:plan'])
      assert.equal(claimsOf((await givenTokens(server(), clientId, 'ana')).idToken)['level'], 'gold')
    })

    it('do not matter to a new user who supplies the attribute at the first sign-in, under the old name', async () => {
      const { poolId: UserPoolId, clientId } = await givenPool()
      const TemporaryPassword = 'Temporary-horse-7'
      await server().send(new AdminCreateUserCommand({ UserPoolId, Username: 'ben', MessageAction: 'SUPPRESS', TemporaryPassword }))
      const change = { ...rename, Required: true, MissingValues: 'REPORT' }
      await switchTo(server(), UserPoolId, [change], { OldNamesHours: 1 })
      const { Session, ChallengeName } = await signInByPassword(server(), clientId, 'ben', TemporaryPassword)
      assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
      const answers = { USERNAME: 'ben', NEW_PASSWORD: goodPassword, 'userAttributes.custom:plan': 'silver' }
      await server().send(new RespondToAuthChallengeCommand({ ClientId: clientId, ChallengeName, Session, ChallengeResponses: answers }))
      assert.deepEqual(await customOf(server(), UserPoolId, 'ben'), { 'custom:tier': 'silver', 'custom:plan': 'silver' })
    })
  })
}
