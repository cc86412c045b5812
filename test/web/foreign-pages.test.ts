import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../support/engines.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines) {
  describe(`The development server on ${engine.name}, called by web pages`, () => {
    const server = useTestServer(engine)

    const call = async (operation: string, body: object, origin?: string) => {
      const response = await fetch(`${server().url}/`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
          ...(origin !== undefined && { origin }),
        },
        body: JSON.stringify(body),
      })
      return ((await response.json()) as { __type?: string }).__type
    }

    it('refuses operations of administrators to pages of other sites', async () => {
      for (const origin of ['https://evil.test', 'null', 'http://localhost.evil.test', 'http://127.0.0.1.evil.test']) {
        assert.equal(await call('ListUserPools', { MaxResults: 1 }, origin), 'AccessDeniedException', origin)
      }
    })

    it('allows operations that need no credentials to pages of other sites', async () => {
      const { clientId } = await server().givenPool()
      const attempt = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'ana', PASSWORD: 'Wrong-horse-7' } }
      assert.equal(await call('InitiateAuth', attempt, 'https://app.test'), 'UserNotFoundException')
    })

    it('allows operations of administrators to pages of this machine, and to programs, which send no origin', async () => {
      for (const origin of ['http://localhost:3000', 'http://127.0.0.1:5173', undefined]) {
        assert.equal(await call('ListUserPools', { MaxResults: 1 }, origin), undefined)
      }
    })
  })
}
