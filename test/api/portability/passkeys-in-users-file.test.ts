import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerByPasskey, givenChoicePool, startBy } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { exportable, exportUsers } from '../../support/export-users.ts'
import { registerPasskey, setWebAuthn } from '../../support/passkeys.ts'
import { importRecords } from '../../support/record-imports.ts'
import { claimsOf, givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`A passkey in a users file on ${engine.name}`, () => {
    const server = useTestServer(engine, exportable)

    const givenPool = async (RelyingPartyId: string) => {
      const ids = await givenChoicePool(server(), ['PASSWORD', 'WEB_AUTHN'])
      await setWebAuthn(server(), ids.poolId, { RelyingPartyId })
      return ids
    }

    /** The users file of a pool with a user who has signed in by a passkey. */
    async function givenExport() {
      const { poolId, clientId } = await givenPool('example.test')
      const { sub } = await givenUser(server(), poolId, 'ana')
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const passkey = await registerPasskey(server(), accessToken)
      await answerByPasskey(server(), clientId, 'ana', await startBy(server(), clientId, 'ana', 'WEB_AUTHN'), passkey)
      const { text, leftOut } = await exportUsers(server(), poolId)
      assert.deepEqual(leftOut, {})
      return { sub, passkey, text }
    }

    it('signs its user in after the import into another pool, and a copied one is refused', async () => {
      const { sub, passkey, text } = await givenExport()
      const { poolId, clientId } = await givenPool('example.test')
      const { ImportedUsers, log } = await importRecords(server(), poolId, 'LIFEGUARD', text)
      assert.equal(ImportedUsers, 1, log.join('\n'))
      const ask = () => startBy(server(), clientId, 'ana', 'WEB_AUTHN')
      const { AuthenticationResult } = await answerByPasskey(server(), clientId, 'ana', await ask(), passkey)
      assert.equal(claimsOf(AuthenticationResult?.AccessToken ?? '')['sub'], sub)
      // The file has the count of signatures, so a copy of the passkey from before is found out.
      const refused = answerByPasskey(server(), clientId, 'ana', await ask(), passkey, { counter: 1 })
      await assert.rejects(refused, { name: 'NotAuthorizedException' })
    })

    it('does not come into a pool with another relying party', async () => {
      const { text } = await givenExport()
      const { poolId, clientId } = await givenPool('other.test')
      const { ImportedUsers, log } = await importRecords(server(), poolId, 'LIFEGUARD', text)
      assert.equal(ImportedUsers, 1, log.join('\n'))
      await givenTokens(server(), clientId, 'ana')
      const { AvailableChallenges = [] } = await startBy(server(), clientId, 'ana', 'PASSWORD')
      assert.ok(!AvailableChallenges.includes('WEB_AUTHN'), AvailableChallenges.join())
    })
  })
}
