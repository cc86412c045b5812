import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CreateGroupCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { UpdateGroupCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { claimsOf, givenTokens, givenUser, signInBySrp } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { exchange } from '../../../support/tokens.ts'
import { addToGroup, createGroup, deleteGroup, removeFromGroup } from './group-calls.ts'

const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`

type GroupSettings = Partial<Pick<CreateGroupCommandInput, 'Precedence' | 'RoleArn'>>

for (const engine of engines) {
  describe(`Group claims in tokens on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** A pool with the given groups. The user ana is in all groups, and the user ben is in no group. */
    async function givenMember(groups: Record<string, GroupSettings>) {
      const ids = await server().givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      await givenUser(server(), ids.poolId, 'ben')
      for (const [name, settings] of Object.entries(groups)) {
        await createGroup(server(), ids.poolId, name, settings)
        await addToGroup(server(), ids.poolId, 'ana', name)
      }
      return ids
    }

    function groupClaims(token: string) {
      return Object.fromEntries(
        Object.entries(claimsOf(token))
          .filter(([name]) => ['cognito:groups', 'cognito:roles', 'cognito:preferred_role'].includes(name))
          .map(([name, value]) => [name.slice('cognito:'.length), value]),
      )
    }

    async function idClaimsOf(groups: Record<string, GroupSettings>) {
      const { clientId } = await givenMember(groups)
      return groupClaims((await givenTokens(server(), clientId, 'ana')).idToken)
    }

    it('list the groups by precedence, then by name, and those without a precedence last', async () => {
      const { clientId } = await givenMember({
        z: {},
        y: {},
        b: { Precedence: 5 },
        a: { Precedence: 5 },
        last: { Precedence: 2 ** 31 - 1 },
        first: { Precedence: 0 },
      })
      const { idToken, accessToken } = await givenTokens(server(), clientId, 'ana')
      const groups = ['first', 'a', 'b', 'last', 'y', 'z']
      assert.deepEqual(groupClaims(idToken), { groups })
      assert.deepEqual(groupClaims(accessToken), { groups })
    })

    it('are absent for a user without groups', async () => {
      const { clientId } = await givenMember({ editors: { RoleArn: role('editors') } })
      const { idToken, accessToken } = await givenTokens(server(), clientId, 'ben')
      assert.deepEqual([groupClaims(idToken), groupClaims(accessToken)], [{}, {}])
    })

    it('include the roles in the ID token only', async () => {
      const ids = await givenMember({
        editors: { Precedence: 2, RoleArn: role('editors') },
        admins: { Precedence: 1, RoleArn: role('admins') },
        staff: { RoleArn: role('editors') },
        guests: { Precedence: 9 },
      })
      const { AuthenticationResult: tokens } = await signInBySrp(server(), ids, 'ana')
      const groups = ['admins', 'editors', 'guests', 'staff']
      assert.deepEqual(groupClaims(tokens?.IdToken ?? ''), {
        groups,
        roles: [role('admins'), role('editors')],
        preferred_role: role('admins'),
      })
      assert.deepEqual(groupClaims(tokens?.AccessToken ?? ''), { groups })
    })

    it('prefer no role when groups of the same precedence have different roles', async () => {
      const [a, b, c] = [role('a'), role('b'), role('c')]
      const different = await idClaimsOf({
        x: { Precedence: 1, RoleArn: a },
        y: { Precedence: 1, RoleArn: b },
        z: { Precedence: 2, RoleArn: c },
      })
      assert.deepEqual(different, { groups: ['x', 'y', 'z'], roles: [a, b, c] })
      const same = await idClaimsOf({
        x: { Precedence: 1, RoleArn: a },
        y: { Precedence: 1, RoleArn: a },
        z: { Precedence: 2, RoleArn: c },
      })
      assert.deepEqual(same, { groups: ['x', 'y', 'z'], roles: [a, c], preferred_role: a })
      const withoutPrecedence = await idClaimsOf({ x: { RoleArn: a }, y: { RoleArn: b } })
      assert.deepEqual(withoutPrecedence, { groups: ['x', 'y'], roles: [a, b] })
      assert.deepEqual(await idClaimsOf({ x: { RoleArn: a } }), { groups: ['x'], roles: [a], preferred_role: a })
    })

    it('prefer the role of the first group that has one', async () => {
      const claims = await idClaimsOf({ x: { Precedence: 0 }, y: { Precedence: 1, RoleArn: role('y') } })
      assert.deepEqual(claims, { groups: ['x', 'y'], roles: [role('y')], preferred_role: role('y') })
    })

    it('are up to date after a refresh, with and without rotation', async () => {
      for (const rotating of [false, true]) {
        const rotation = { Feature: rotating ? 'ENABLED' : 'DISABLED', RetryGracePeriodSeconds: 0 } as const
        const ids = await server().givenPool({
          client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'], RefreshTokenRotation: rotation },
        })
        const { poolId, clientId } = ids
        await givenUser(server(), poolId, 'ana')
        for (const name of ['a', 'b']) await createGroup(server(), poolId, name)
        let { refreshToken } = await givenTokens(server(), clientId, 'ana')
        const groupsNow = async () => {
          const tokens = await exchange(server(), { ClientId: clientId, RefreshToken: refreshToken })
          refreshToken = tokens.refreshToken ?? refreshToken
          const [ofId, ofAccess] = [groupClaims(tokens.idToken)['groups'], groupClaims(tokens.accessToken)['groups']]
          assert.deepEqual(ofId, ofAccess)
          return ofId
        }
        assert.equal(await groupsNow(), undefined)
        for (const name of ['a', 'b']) await addToGroup(server(), poolId, 'ana', name)
        assert.deepEqual(await groupsNow(), ['a', 'b'])
        await server().send(new UpdateGroupCommand({ UserPoolId: poolId, GroupName: 'b', Precedence: 0 }))
        assert.deepEqual(await groupsNow(), ['b', 'a'])
        await removeFromGroup(server(), poolId, 'ana', 'a')
        assert.deepEqual(await groupsNow(), ['b'])
        await deleteGroup(server(), poolId, 'b')
        assert.equal(await groupsNow(), undefined)
      }
    })
  })
}
