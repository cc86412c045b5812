import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const cannotParse = { name: 'InvalidParameterException', message: 'Error while parsing filter' }
const notSearchable = (name: string) => ({ name: 'InvalidParameterException', message: `Invalid search attribute: ${name}` })

for (const engine of engines) {
  describe(`The filter of ListUsers on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const search = async (poolId: string, Filter: string) => {
      const { Users = [], PaginationToken } = await server().send(new ListUsersCommand({ UserPoolId: poolId, Filter }))
      assert.equal(PaginationToken, undefined)
      return Users.map(({ Username }) => Username)
    }

    it('finds users by each searchable attribute, by its whole value or a prefix', async () => {
      const { poolId } = await server().givenPool()
      const ana = {
        email: 'Ana@Example.test',
        phone_number: '+15550001234',
        name: 'Ana Belén',
        given_name: 'Ana',
        family_name: 'Belén',
        preferred_username: 'Annie',
      }
      const created = await adminCreateSilently(server(), poolId, 'Ana', { attributes: ana })
      await adminCreateSilently(server(), poolId, 'bob', { attributes: { name: 'Bob', email: 'bob@example.test' } })
      for (const [name, value] of Object.entries(ana)) {
        assert.deepEqual(await search(poolId, `${name} = "${value}"`), ['Ana'], name)
        assert.deepEqual(await search(poolId, `${name} = "${value.toUpperCase()}"`), ['Ana'], name)
        assert.deepEqual(await search(poolId, `${name} ^= "${value.slice(0, 3).toLowerCase()}"`), ['Ana'], name)
        assert.deepEqual(await search(poolId, `${name} = "${value.slice(0, -1)}"`), [], name)
        assert.deepEqual(await search(poolId, `${name} ^= "${value}x"`), [], name)
      }
      const sub = created.attributes['sub'] ?? ''
      assert.deepEqual(await search(poolId, `sub = "${sub}"`), ['Ana'])
      assert.deepEqual(await search(poolId, `sub = "${sub.toUpperCase()}"`), ['Ana'])
      assert.deepEqual(await search(poolId, `sub ^= "${sub.slice(0, -1)}"`), ['Ana'])
      assert.deepEqual(await search(poolId, 'sub = "none"'), [])
    })

    it('is case-sensitive for usernames and status only', async () => {
      const { poolId } = await server().givenPool()
      await adminCreateSilently(server(), poolId, 'Ana')
      await givenUser(server(), poolId, 'bob')
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'bob' }))
      assert.deepEqual(await search(poolId, 'username = "Ana"'), ['Ana'])
      assert.deepEqual(await search(poolId, 'username = "ana"'), [])
      assert.deepEqual(await search(poolId, 'username ^= "A"'), ['Ana'])
      assert.deepEqual(await search(poolId, 'status = "Enabled"'), ['Ana'])
      assert.deepEqual(await search(poolId, 'status = "Disabled"'), ['bob'])
      assert.deepEqual(await search(poolId, 'status = "disabled"'), [])
      assert.deepEqual(await search(poolId, 'cognito:user_status = "CONFIRMED"'), ['bob'])
      assert.deepEqual(await search(poolId, 'cognito:user_status = "Force_Change_Password"'), ['Ana'])
      assert.deepEqual(await search(poolId, 'cognito:user_status ^= "con"'), ['bob'])
    })

    it('does not find a user by an alias in place of the username', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email'] } })
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { email: 'ana@example.test', email_verified: 'true' } })
      assert.deepEqual(await search(poolId, 'username = "ana@example.test"'), [])
      assert.deepEqual(await search(poolId, 'email = "ana@example.test"'), ['ana'])
    })

    it('accepts any white space, and quotes around the name', async () => {
      const { poolId } = await server().givenPool()
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { name: 'Ana B' } })
      for (const filter of [
        'name="ana b"',
        ' name  =  "ana b" ',
        'name^="ana"',
        '\tname\n^=\t"ana "\n',
        '"name" = "ana b"',
        'name ^= ""',
      ]) {
        assert.deepEqual(await search(poolId, filter), ['ana'], filter)
      }
      for (const filter of ['', '   ']) assert.deepEqual(await search(poolId, filter), ['ana'], 'an empty filter matches every user')
    })

    it('accepts escaped quotes and backslashes in values', async () => {
      const { poolId } = await server().givenPool()
      const names = { quote: 'a"b', backslash: 'a\\b', both: '\\"', percent: '%', underscore: '_', plain: 'ab' }
      for (const [username, name] of Object.entries(names)) await adminCreateSilently(server(), poolId, username, { attributes: { name } })
      assert.deepEqual(await search(poolId, 'name = "a\\"b"'), ['quote'])
      assert.deepEqual(await search(poolId, 'name = "a\\\\b"'), ['backslash'])
      assert.deepEqual(await search(poolId, 'name ^= "a\\\\"'), ['backslash'])
      assert.deepEqual(await search(poolId, 'name = "\\\\\\""'), ['both'])
      assert.deepEqual(await search(poolId, 'name = "a\\b"'), ['plain'])
      assert.deepEqual(await search(poolId, 'name ^= "%"'), ['percent'])
      assert.deepEqual(await search(poolId, 'name ^= "_"'), ['underscore'])
    })

    it('rejects a malformed filter', async () => {
      const { poolId } = await server().givenPool()
      const malformed = [
        'name',
        'name =',
        'name = ana',
        "name = 'ana'",
        'name = "ana',
        'name = ana"',
        'name = "a"b"',
        'name = "ana\\"',
        '= "ana"',
        'name != "ana"',
        'name ~ "ana"',
        'name ^ = "ana"',
        'name == "ana"',
        'name = "ana" and email = "a"',
        'name = "ana" name = "ana"',
        'given name = "ana"',
        '"',
        '"="="',
        '\\'.repeat(256),
      ]
      for (const filter of malformed) await assert.rejects(search(poolId, filter), cannotParse, filter)
      await assert.rejects(search(poolId, `name = "${'x'.repeat(250)}"`), /less than or equal to 256/)
      for (const filter of ['name = "a\u0000b"', 'name = "\ud800"', 'na\u0000me = "a"']) {
        await assert.rejects(search(poolId, filter), { name: 'InvalidParameterException' })
      }
    })

    it('rejects attributes that cannot be searched', async () => {
      const Schema = [{ Name: 'foo', AttributeDataType: 'String' as const, Mutable: true }]
      const { poolId } = await server().givenPool({ pool: { Schema } })
      const names = ['custom:foo', 'custom:none', 'address', 'nickname', 'Name', 'enabled', '__proto__', 'constructor', 'length', '0']
      for (const name of names) await assert.rejects(search(poolId, `${name} = "x"`), notSearchable(name))
    })

    it('treats values as text, even SQL, wildcards and control characters', async () => {
      const { poolId } = await server().givenPool()
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { name: 'Ana' } })
      const hostile = [
        "' or '1'='1",
        "'; drop table user; --",
        '$1',
        '%',
        '__proto__',
        '\u{10ffff}',
        '\u202e',
        '🦊',
        '*',
        '.*',
        '{"$ne":null}',
      ]
      for (const value of hostile) {
        for (const name of ['name', 'username', 'sub', 'cognito:user_status', 'status']) {
          const quoted = `"${value.replace(/["\\]/g, '\\$&')}"`
          assert.deepEqual(await search(poolId, `${name} = ${quoted}`), [], value)
          assert.deepEqual(await search(poolId, `${name} ^= ${quoted}`), [], value)
        }
      }
      assert.deepEqual(await search(poolId, 'name = "Ana"'), ['ana'])
    })

    it('finds prefixes that end in the last Unicode character, and prefixes of long values', async () => {
      const { poolId } = await server().givenPool()
      await adminCreateSilently(server(), poolId, 'last', { attributes: { name: 'a\u{10ffff}\u{10ffff}b', family_name: 'x'.repeat(2048) } })
      assert.deepEqual(await search(poolId, 'name ^= "a"'), ['last'])
      assert.deepEqual(await search(poolId, 'name ^= "a\u{10ffff}"'), ['last'])
      assert.deepEqual(await search(poolId, `family_name ^= "${'x'.repeat(239)}"`), ['last'])
      assert.deepEqual(await search(poolId, `family_name = "${'x'.repeat(240)}"`), [])
    })
  })
}
