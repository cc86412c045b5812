import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListWebAuthnCredentialsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { givenPasskeyPool, registerPasskey } from '../../../support/passkeys.ts'
import { off, setSelfService, without } from '../../../support/self-service-switches.ts'
import { givenTokens, givenUser } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'

for (const engine of engines) {
  describe(`UpdateWebAuthnCredential on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function given() {
      const pool = await givenPasskeyPool(server())
      await givenUser(server(), pool.poolId, 'ana')
      const { accessToken } = await givenTokens(server(), pool.clientId, 'ana')
      const { id } = await registerPasskey(server(), accessToken)
      const rename = (FriendlyCredentialName: string, more: object = {}) =>
        callLifeguard(server(), 'UpdateWebAuthnCredential', { AccessToken: accessToken, CredentialId: id, FriendlyCredentialName, ...more })
      const names = async () => {
        const { Credentials = [] } = await server().send(new ListWebAuthnCredentialsCommand({ AccessToken: accessToken }))
        return Credentials.map(({ FriendlyCredentialName }) => FriendlyCredentialName)
      }
      return { ...pool, accessToken, id, rename, names }
    }

    it('gives a passkey another name', async () => {
      const { rename, names } = await given()
      assert.deepEqual(await names(), ['Passkey'])
      assert.deepEqual(await rename('  Anas grünes Telefon 📱 '), {})
      assert.deepEqual(await names(), ['Anas grünes Telefon 📱'])
    })

    it('refuses names that are empty, too long, or have characters that no eye can see', async () => {
      const { rename, names } = await given()
      const bad = ['', '   ', 'x'.repeat(65), 'one\ntwo', 'tab\t', '\u0000', '\u001b[31m', 'left\u202eright', 'zero\u200bwidth', '\u2028']
      for (const name of bad) await assert.rejects(rename(name), { name: 'InvalidParameterException' }, JSON.stringify(name))
      assert.deepEqual(await names(), ['Passkey'])
    })

    it('refuses the passkeys of other users, and unknown ones', async () => {
      const { poolId, clientId, id, rename, names } = await given()
      await givenUser(server(), poolId, 'bea')
      const { accessToken: AccessToken } = await givenTokens(server(), clientId, 'bea')
      const notFound = { name: 'ResourceNotFoundException', message: 'The passkey does not exist.' }
      await assert.rejects(rename('Mine', { AccessToken, CredentialId: id }), notFound)
      await assert.rejects(rename('Mine', { CredentialId: 'none' }), notFound)
      assert.deepEqual(await names(), ['Passkey'])
    })

    it('is refused where the pool does not let users do it', async () => {
      const { poolId, rename } = await given()
      await setSelfService(server(), poolId, without('UpdateWebAuthnCredential'))
      await assert.rejects(rename('My phone'), off('UpdateWebAuthnCredential'))
    })
  })
}
