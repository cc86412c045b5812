import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { adminCreate, adminCreateSilently, adminGet, outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { sentTo } from '../../support/self-service.ts'
import { useTestServer } from '../../support/test-server.ts'

const exists = (message: string) => ({ name: 'UsernameExistsException', message })
const aliasExists = (kind: string) => ({ name: 'AliasExistsException', message: `An account with the given ${kind} already exists.` })
const verified = { email: 'ana@example.test', email_verified: 'true' }

for (const engine of engines) {
  describe(`The names in AdminCreateUser on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are refused when they are taken, and no message is sent', async () => {
      const { poolId } = await server().givenPool()
      await adminCreateSilently(server(), poolId, 'ana')
      const again = adminCreate(server(), poolId, 'ana', { attributes: { email: 'other@example.test' } })
      await assert.rejects(again, exists('User account already exists'))
      await adminCreateSilently(server(), poolId, 'Ana')
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('are compared without regard to case in a case-insensitive pool', async () => {
      const { poolId } = await server().givenPool({ pool: { UsernameConfiguration: { CaseSensitive: false } } })
      assert.equal((await adminCreateSilently(server(), poolId, 'Ana')).Username, 'ana')
      await assert.rejects(adminCreateSilently(server(), poolId, 'ANA'), exists('User account already exists'))
      assert.equal((await adminGet(server(), poolId, 'aNa')).Username, 'ana')
    })

    it('go to exactly one of many users with the same name who are created at the same time', async () => {
      const { poolId } = await server().givenPool()
      const attempts = Array.from({ length: 8 }, (_, n) =>
        adminCreate(server(), poolId, 'ana', { attributes: { email: `${n}@example.test` } }),
      )
      assert.deepEqual(await outcomes(attempts), [...Array(7).fill('UsernameExistsException'), 'ok'])
      assert.equal((await sentTo(server(), poolId)).length, 1)
    })

    it('go to exactly one of many users with the same address who are created at the same time', async () => {
      const { poolId } = await server().givenPool({ pool: { UsernameAttributes: ['email'] } })
      const attempts = Array.from({ length: 8 }, () => adminCreate(server(), poolId, 'ana@example.test'))
      assert.deepEqual(await outcomes(attempts), [...Array(7).fill('UsernameExistsException'), 'ok'])
      assert.deepEqual(await sentTo(server(), poolId), ['invitation ana@example.test'])
    })

    it('may be the same in two pools', async () => {
      const one = await server().givenPool()
      const other = await server().givenPool()
      const first = await adminCreateSilently(server(), one.poolId, 'ana')
      await assert.rejects(adminGet(server(), other.poolId, 'ana'), { name: 'UserNotFoundException', message: 'User does not exist.' })
      await assert.rejects(adminGet(server(), other.poolId, first.attributes['sub'] ?? ''), { name: 'UserNotFoundException' })
      const second = await adminCreateSilently(server(), other.poolId, 'ana')
      assert.notEqual(first.attributes['sub'], second.attributes['sub'])
    })

    it('are the sub and each address of the user in a pool with addresses as usernames; a taken address is refused', async () => {
      const { poolId } = await server().givenPool({ pool: { UsernameAttributes: ['email', 'phone_number'] } })
      const ana = await adminCreateSilently(server(), poolId, 'ana@example.test', { attributes: { phone_number: '+15550001234' } })
      const { sub = '', ...stored } = ana.attributes
      assert.equal(ana.Username, sub)
      assert.deepEqual(stored, { phone_number: '+15550001234', email: 'ana@example.test' })
      for (const name of ['ana@example.test', '+15550001234', sub]) assert.equal((await adminGet(server(), poolId, name)).Username, sub)

      const taken = (kind: string) => exists(`An account with the given ${kind} already exists.`)
      await assert.rejects(adminCreateSilently(server(), poolId, 'ana@example.test'), taken('email'))
      await assert.rejects(adminCreateSilently(server(), poolId, '+15550001234', { ForceAliasCreation: true }), taken('phone_number'))
      const byAttribute = adminCreateSilently(server(), poolId, 'bob@example.test', { attributes: { phone_number: '+15550001234' } })
      await assert.rejects(byAttribute, taken('phone_number'))
      const vouched = adminCreateSilently(server(), poolId, 'ana@example.test', {
        ForceAliasCreation: true,
        attributes: { email_verified: 'true' },
      })
      await assert.rejects(vouched, taken('email'))
    })

    it('are refused when the pool does not allow their format', async () => {
      const refusal = async (pool: object, name: string, attributes = {}) => {
        const { poolId } = await server().givenPool({ pool })
        const reply = await adminCreateSilently(server(), poolId, name, { attributes }).catch((error: Error) => error)
        assert.ok(reply instanceof Error && reply.name === 'InvalidParameterException', `${name} was accepted`)
        return reply.message
      }
      assert.equal(await refusal({ UsernameAttributes: ['email'] }, 'ana'), 'Username should be an email.')
      assert.equal(await refusal({ UsernameAttributes: ['email'] }, '+15550001234'), 'Username should be an email.')
      assert.equal(await refusal({ UsernameAttributes: ['phone_number'] }, 'a@b.test'), 'Username should be a phone number.')
      assert.equal(
        await refusal({ UsernameAttributes: ['phone_number', 'email'] }, 'ana'),
        'Username should be either an email or a phone number.',
      )
      assert.equal(
        await refusal({ UsernameAttributes: ['email'] }, 'a@b.test', { email: 'c@d.test' }),
        'User email should be empty or same as username, since username attribute is email.',
      )
      assert.equal(
        await refusal({ AliasAttributes: ['email'] }, 'a@b.test'),
        'Username cannot be of email format, since user pool is configured for email alias.',
      )
    })

    it('include an address as an alias only if it is verified; a preferred username needs no verification', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email', 'preferred_username'] } })
      await adminCreateSilently(server(), poolId, 'ana', { attributes: verified })
      await adminCreateSilently(server(), poolId, 'bob', { attributes: { email: 'ana@example.test', preferred_username: 'bobby' } })
      assert.equal((await adminGet(server(), poolId, 'ana@example.test')).Username, 'ana')
      assert.equal((await adminGet(server(), poolId, 'bobby')).Username, 'bob')
    })

    it('include an alias of another user only with ForceAliasCreation, which then takes the alias from the other user', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email', 'preferred_username'] } })
      await adminCreateSilently(server(), poolId, 'ana', { attributes: verified })
      const create = (name: string, input: object) => adminCreateSilently(server(), poolId, name, input)
      await assert.rejects(create('bob', { attributes: verified }), aliasExists('email'))
      await assert.rejects(create('ana', { attributes: verified, ForceAliasCreation: true }), exists('User account already exists'))
      assert.equal((await adminGet(server(), poolId, 'ana@example.test')).Username, 'ana')

      // ForceAliasCreation has no effect on an unverified address.
      await create('eve', { attributes: { email: 'ana@example.test' }, ForceAliasCreation: true })
      assert.equal((await adminGet(server(), poolId, 'ana@example.test')).Username, 'ana')

      await create('bob', { attributes: verified, ForceAliasCreation: true })
      assert.equal((await adminGet(server(), poolId, 'ana@example.test')).Username, 'bob')
      const former = await adminGet(server(), poolId, 'ana')
      assert.deepEqual([former.attributes['email'], former.attributes['email_verified']], ['ana@example.test', 'false'])
    })

    it('never include a username or preferred username that already finds another user, even with ForceAliasCreation', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email', 'preferred_username'] } })
      const ana = await adminCreateSilently(server(), poolId, 'ana', { attributes: { ...verified, preferred_username: 'annie' } })
      const create = (name: string, attributes: Record<string, string>) =>
        adminCreateSilently(server(), poolId, name, { attributes, ForceAliasCreation: true })
      await assert.rejects(create('bob', { preferred_username: 'annie' }), aliasExists('preferred_username'))
      await assert.rejects(create('bob', { ...verified, preferred_username: 'annie' }), aliasExists('preferred_username'))
      await assert.rejects(create('bob', { preferred_username: 'ana' }), aliasExists('preferred_username'))
      await assert.rejects(create('annie', {}), exists('User account already exists'))
      await assert.rejects(create(ana.attributes['sub'] ?? '', {}), exists('User account already exists'))
      assert.equal((await adminGet(server(), poolId, 'ana@example.test')).Username, 'ana')
    })

    it('include an alias for only one of many users who are created with it at the same time by ForceAliasCreation', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email'] } })
      await adminCreateSilently(server(), poolId, 'ana', { attributes: verified })
      const names = ['bob', 'cid', 'dan', 'eve']
      const attempts = names.map((name) => adminCreateSilently(server(), poolId, name, { attributes: verified, ForceAliasCreation: true }))
      const reached = await outcomes(attempts)
      assert.ok(reached.includes('ok'))
      assert.ok(
        reached.every((outcome) => outcome === 'ok' || outcome === 'AliasExistsException'),
        reached.join(),
      )
      const created = (await Promise.allSettled(names.map((name) => adminGet(server(), poolId, name)))).filter(
        (one) => one.status === 'fulfilled',
      )
      assert.equal(created.filter(({ value }) => value.attributes['email_verified'] === 'true').length, 1)
    })
  })
}
