import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { useTestServer } from '../../support/test-server.ts'
import { recordedCalls } from './audited-calls.ts'

for (const engine of engines) {
  describe(`Audit records of calls that show a secret, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { recordOf } = recordedCalls(server)
    const send = async (operation: string, request: object) => {
      const { status, text, body } = await rawCall(server(), operation, request)
      assert.equal(status, 200, text)
      return body
    }

    it('say that DescribeUserPoolClient showed a client secret, without the secret', async () => {
      const { poolId: UserPoolId } = await server().givenPool()
      for (const GenerateSecret of [true, false]) {
        const created = (await send('CreateUserPoolClient', { UserPoolId, ClientName: 'app', GenerateSecret }))['UserPoolClient']
        const { ClientId } = created as { ClientId: string }
        const { body, facts, text } = await recordOf('DescribeUserPoolClient', { UserPoolId, ClientId })
        const { ClientSecret } = body['UserPoolClient'] as { ClientSecret?: string }
        assert.equal(ClientSecret !== undefined, GenerateSecret)
        const Detail = GenerateSecret ? 'shown: ClientSecret' : undefined
        assert.deepEqual(facts, { UserPoolId, Subject: ClientId, ChangedMembers: undefined, Detail })
        assert.ok(ClientSecret === undefined || !text.includes(ClientSecret))
      }
    })

    it('say that the secret of a provider was shown, without the secret', async () => {
      const { poolId: UserPoolId } = await server().givenPool()
      const ProviderDetails = { client_id: 'shop', client_secret: 'hidden-horse', authorize_scopes: 'openid' }
      const provider = { ProviderName: 'Google', ProviderType: 'Google', ProviderDetails, IdpIdentifiers: ['goo'] }
      await send('CreateIdentityProvider', { UserPoolId, ...provider })
      for (const [operation, name] of [
        ['DescribeIdentityProvider', { ProviderName: 'Google' }],
        ['GetIdentityProviderByIdentifier', { IdpIdentifier: 'goo' }],
      ] as const) {
        const { body, facts, text } = await recordOf(operation, { UserPoolId, ...name })
        assert.match(JSON.stringify(body), /hidden-horse/)
        assert.deepEqual([facts.Subject, facts.Detail], ['Google', 'shown: ProviderDetails.client_secret'])
        assert.doesNotMatch(text, /hidden-horse/)
      }
    })

    it('say that DescribeUserImportJob showed a URL for the upload, without the URL', async () => {
      const { poolId: UserPoolId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      const job = { UserPoolId, JobName: 'users', CloudWatchLogsRoleArn: 'arn:aws:iam::123456789012:role/logs' }
      const { JobId } = (await send('CreateUserImportJob', job))['UserImportJob'] as { JobId: string }
      const { body, facts, text } = await recordOf('DescribeUserImportJob', { UserPoolId, JobId })
      const { PreSignedUrl } = body['UserImportJob'] as { PreSignedUrl: string }
      assert.deepEqual([facts.Subject, facts.Detail], [JobId, 'shown: PreSignedUrl'])
      assert.ok(PreSignedUrl.length > 0 && !text.includes(new URL(PreSignedUrl).search))
    })
  })
}
