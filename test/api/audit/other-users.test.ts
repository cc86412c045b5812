import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { attributeList } from '../../support/self-service.ts'
import { refuse } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { answering, givenPoolWithEvery } from '../../support/user-triggers.ts'
import { listAuditRecords, namingKey, recordedCalls } from './audited-calls.ts'

const email = 'ana@example.test'
const password = 'Old-horse-battery-7'

for (const engine of engines) {
  describe(`Audit records on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const { recordOf } = recordedCalls(server)
    const verified = attributeList({ email, email_verified: 'true' })

    it('name the user whose alias an administrator gave to a new user, but not the alias', async () => {
      const { poolId: UserPoolId } = await server().givenPool({ pool: { AliasAttributes: ['email'] } })
      const create = (Username: string) =>
        recordOf('AdminCreateUser', {
          UserPoolId,
          Username,
          UserAttributes: verified,
          MessageAction: 'SUPPRESS',
          ForceAliasCreation: true,
        })
      const first = await create('ana')
      assert.equal(first.facts.Detail, undefined)
      const second = await create('bob')
      assert.equal(second.facts.Detail, `aliases taken from: ${first.facts.Subject}`)
      assert.ok(!second.text.includes(email))
    })

    for (const [end, handler] of [
      ['NotAuthorizedException', 'refused'],
      ['ok', 'allowed'],
    ] as const) {
      it(`name the user whom UserMigration created in a sign-in by an administrator that is ${handler} afterwards`, async () => {
        const known = { userAttributes: { email, email_verified: 'true' }, finalUserStatus: 'CONFIRMED', messageAction: 'SUPPRESS' }
        const functions = { UserMigration: answering(known), ...(handler === 'refused' && { PreAuthentication: refuse }) }
        const client = { ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH' as const] }
        const { poolId, clientId } = await givenPoolWithEvery(server(), endpoint, functions, { client })
        const key = `AKIAMIGRATE${handler}`
        const AuthParameters = { USERNAME: 'ana', PASSWORD: password }
        const request = { UserPoolId: poolId, ClientId: clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters }
        const answer = await rawCall(server(), 'AdminInitiateAuth', request, namingKey(key))
        const user = await rawCall(server(), 'AdminGetUser', { UserPoolId: poolId, Username: 'ana' })
        const sub = (user.body['UserAttributes'] as { Name: string; Value: string }[]).find(({ Name }) => Name === 'sub')?.Value
        const records = await listAuditRecords(server(), { AccessKeyId: key })
        const outcome = handler === 'allowed' ? 'ok' : answer.body['__type']
        assert.equal(end === 'ok', outcome === 'ok')
        assert.deepEqual(
          records.map(({ Outcome, Subject, Username, Detail }) => [Outcome, Subject, Username, Detail]).sort(),
          [
            ['ok', sub, 'ana', 'ADMIN_USER_PASSWORD_AUTH: the user was migrated'],
            [outcome, sub, 'ana', handler === 'allowed' ? 'ADMIN_USER_PASSWORD_AUTH: tokens were issued' : undefined],
          ].sort(),
        )
        assert.ok(!JSON.stringify(records).includes(password) && !JSON.stringify(records).includes(email))
      })
    }

    it('of refused calls about linked identities name the user whom the request names', async () => {
      const { poolId: UserPoolId } = await server().givenPool()
      const { facts } = await recordOf('AdminCreateUser', { UserPoolId, Username: 'ana', MessageAction: 'SUPPRESS' })
      const source = { ProviderName: 'Nowhere', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: '42' }
      const calls: [string, object, unknown[]][] = [
        [
          'AdminLinkProviderForUser',
          { DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: 'ana' }, SourceUser: source },
          [facts.Subject, 'ana'],
        ],
        ['AdminDisableProviderForUser', { User: { ProviderName: 'Cognito', ProviderAttributeValue: 'eve' } }, ['eve', 'eve']],
        ['AdminDisableProviderForUser', { User: source }, ['Nowhere_42', 'Nowhere_42']],
      ]
      for (const [at, [operation, request, named]] of calls.entries()) {
        const key = `AKIALINK${at}`
        assert.notEqual((await rawCall(server(), operation, { UserPoolId, ...request }, namingKey(key))).status, 200)
        const [record] = await listAuditRecords(server(), { AccessKeyId: key })
        assert.deepEqual([record?.Subject, record?.Username], named)
      }
    })
  })
}
