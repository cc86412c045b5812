import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteUserAttributesCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently, adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { sentTo } from '../../support/self-service.ts'
import { useTestServer } from '../../support/test-server.ts'

const invalid = (message: string | RegExp) => ({ name: 'InvalidParameterException', message })

for (const engine of engines) {
  describe(`AdminDeleteUserAttributes on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const remove = (poolId: string, ...names: string[]) =>
      server().send(new AdminDeleteUserAttributesCommand({ UserPoolId: poolId, Username: 'ana', UserAttributeNames: names }))
    const stored = async (poolId: string) => {
      const { sub, ...attributes } = (await adminGet(server(), poolId, 'ana')).attributes
      return attributes
    }

    it('removes the attributes, and the verified flag of each address that it removes', async () => {
      const { poolId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], AliasAttributes: ['email'] } })
      const attributes = {
        email: 'ana@example.test',
        email_verified: 'true',
        phone_number: '+15550001234',
        phone_number_verified: 'false',
        name: 'Ana',
      }
      await adminCreateSilently(server(), poolId, 'ana', { attributes })
      const { $metadata, ...answer } = await remove(poolId, 'email', 'nickname', 'email')
      assert.deepEqual(answer, {})
      assert.deepEqual(await stored(poolId), { phone_number: '+15550001234', phone_number_verified: 'false', name: 'Ana' })
      await assert.rejects(adminGet(server(), poolId, 'ana@example.test'), { name: 'UserNotFoundException' })
      await remove(poolId, 'phone_number_verified', 'name')
      assert.deepEqual(await stored(poolId), { phone_number: '+15550001234' })
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('removes nothing when an attribute is required, immutable or unknown', async () => {
      const { poolId } = await server().givenPool({
        pool: {
          Schema: [
            { Name: 'family_name', Required: true },
            { Name: 'team', AttributeDataType: 'String', Mutable: false },
          ],
        },
      })
      const attributes = { family_name: 'A', 'custom:team': 'blue', name: 'Ana' }
      await adminCreateSilently(server(), poolId, 'ana', { attributes })
      await assert.rejects(
        remove(poolId, 'name', 'family_name'),
        invalid('Attributes did not conform to the schema: family_name: The attribute is required\n'),
      )
      await assert.rejects(remove(poolId, 'name', 'custom:team'), invalid('user.custom:team: Attribute cannot be updated.\n'))
      await assert.rejects(remove(poolId, 'name', 'sub'), invalid('Cannot modify the non-mutable attribute sub'))
      await assert.rejects(
        remove(poolId, 'name', 'custom:x', 'team'),
        invalid(
          'Invalid user attributes: user.custom:x: Attribute does not exist in the schema.\nuser.team: Attribute does not exist in the schema.\n',
        ),
      )
      for (const name of ['__proto__', 'constructor']) {
        await assert.rejects(
          remove(poolId, 'name', name),
          invalid(`Invalid user attributes: user.${name}: Attribute does not exist in the schema.\n`),
        )
      }
      await assert.rejects(remove(poolId, 'name', 'a\u0000'), invalid(/./))
      await assert.rejects(remove(poolId, 'x'.repeat(33)), invalid(/32/))
      assert.deepEqual(await stored(poolId), attributes)
    })

    it('does not remove the last address that the user can sign in with', async () => {
      const { poolId } = await server().givenPool({ pool: { UsernameAttributes: ['email', 'phone_number'] } })
      const { Username = '' } = await adminCreateSilently(server(), poolId, '+15550001234', { attributes: { email: 'ana@example.test' } })
      const removeFrom = (...names: string[]) =>
        server().send(new AdminDeleteUserAttributesCommand({ UserPoolId: poolId, Username, UserAttributeNames: names }))
      await assert.rejects(removeFrom('email', 'phone_number'), invalid(/signs in with it/))
      await removeFrom('phone_number')
      await assert.rejects(removeFrom('email'), invalid(/signs in with it/))
      assert.equal((await adminGet(server(), poolId, 'ana@example.test')).Username, Username)
    })

    it('does not find an unknown user or a user of another pool', async () => {
      const one = await server().givenPool()
      const other = await server().givenPool()
      await adminCreateSilently(server(), one.poolId, 'ana', { attributes: { name: 'Ana' } })
      await assert.rejects(remove(other.poolId, 'name'), { name: 'UserNotFoundException', message: 'User does not exist.' })
      await assert.rejects(remove('us-east-1_AAAAAAAAA', 'name'), { name: 'ResourceNotFoundException' })
      assert.deepEqual(await stored(one.poolId), { name: 'Ana' })
    })
  })
}
