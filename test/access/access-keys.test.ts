import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { hashSessionToken } from '../../src/access/access-key.ts'
import { cacheMilliseconds, createAccessKeyCache } from '../../src/access/access-key-cache.ts'
import { deleteAccessKey, findAccessKey, insertAccessKey, listAccessKeys } from '../../src/access/access-key-repository.ts'
import { createAccessKey } from '../../src/access/create-access-key.ts'
import { evaluatePolicy, fullAccessPolicy } from '../../src/access/policy.ts'
import { PolicyError } from '../../src/access/read-policy.ts'
import { createSecrets } from '../../src/base/secrets.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { engines, type TestEngine } from '../support/engines.ts'

async function openKeyRoom(engine: TestEngine) {
  const database = await engine.createDatabase()
  const storage = await openStorage({ url: database.url })
  await storage.migrate()
  const clock = { time: 1_700_000_000_000, now: () => clock.time }
  return {
    db: storage.db,
    subscribe: storage.subscribe,
    secrets: createSecrets(randomBytes(32)),
    clock,
    async [Symbol.asyncDispose]() {
      await storage.close()
      await database.drop()
    },
  }
}

for (const engine of engines) {
  describe(`Access keys on ${engine.name}`, () => {
    it('are stored so that they can be found, with the policy they were given', async () => {
      await using room = await openKeyRoom(engine)
      const policy = '{"Statement":{"Effect":"Allow","Action":"cognito-idp:List*","Resource":"*"}}'
      const made = await createAccessKey(room.db, room.secrets, room.clock, { description: 'reports', policy })
      assert.match(made.id, /^AKIA[A-Z2-7]{16}$/)
      assert.match(made.secret, /^[A-Za-z0-9+/]{40}$/)
      assert.deepEqual([made.sessionToken, made.expiresAt], [undefined, undefined])

      const key = await findAccessKey(room.db, room.secrets, made.id)
      assert.deepEqual([key?.id, key?.secret, key?.sessionTokenHash, key?.expiresAt], [made.id, made.secret, undefined, undefined])
      assert.equal(key && evaluatePolicy(key.policy, 'cognito-idp:ListUsers', '*'), 'allowed')
      assert.equal(key && evaluatePolicy(key.policy, 'cognito-idp:AdminGetUser', '*'), 'not-allowed')
    })

    it('may do everything when no policy is given', async () => {
      await using room = await openKeyRoom(engine)
      await createAccessKey(room.db, room.secrets, room.clock, { description: '' })
      const [facts] = await listAccessKeys(room.db)
      assert.equal(facts?.policy, fullAccessPolicy)
    })

    it('of a session have a token and an end', async () => {
      await using room = await openKeyRoom(engine)
      const made = await createAccessKey(room.db, room.secrets, room.clock, { description: '', sessionSeconds: 900 })
      assert.match(made.id, /^ASIA[A-Z2-7]{16}$/)
      assert.equal(made.expiresAt, room.clock.now() + 900_000)

      const key = await findAccessKey(room.db, room.secrets, made.id)
      assert.equal(key?.sessionTokenHash, hashSessionToken(room.secrets, made.id, made.sessionToken ?? ''))
      assert.equal(key?.expiresAt, made.expiresAt)
    })

    it('are kept without their secrets in the clear', async () => {
      await using room = await openKeyRoom(engine)
      const made = await createAccessKey(room.db, room.secrets, room.clock, { description: '', sessionSeconds: 900 })
      const row = await room.db.selectFrom('access_key').selectAll().executeTakeFirstOrThrow()
      const stored = JSON.stringify(row)
      assert.ok(stored.includes(made.id))
      assert.ok(made.sessionToken !== undefined && !stored.includes(made.sessionToken))
      assert.ok(!stored.includes(made.secret))
    })

    it('do not work for another id, nor under another master key', async () => {
      await using room = await openKeyRoom(engine)
      const made = await createAccessKey(room.db, room.secrets, room.clock, { description: '' })
      await assert.rejects(findAccessKey(room.db, createSecrets(randomBytes(32)), made.id), /does not open/)
      await room.db.updateTable('access_key').set({ id: 'AKIAAAAAAAAAAAAAAAAA' }).execute()
      await assert.rejects(findAccessKey(room.db, room.secrets, 'AKIAAAAAAAAAAAAAAAAA'), /does not open/)
    })

    it('are refused with a policy that cannot be enforced, and not stored', async () => {
      await using room = await openKeyRoom(engine)
      const policy = '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}}'
      await assert.rejects(createAccessKey(room.db, room.secrets, room.clock, { description: '', policy }), PolicyError)
      for (const sessionSeconds of [0, -1, 1.5, Number.NaN]) {
        await assert.rejects(createAccessKey(room.db, room.secrets, room.clock, { description: '', sessionSeconds }), RangeError)
      }
      assert.deepEqual(await listAccessKeys(room.db), [])
    })

    it('are listed oldest first, without their secrets', async () => {
      await using room = await openKeyRoom(engine)
      const first = await createAccessKey(room.db, room.secrets, room.clock, { description: 'first' })
      room.clock.time += 1000
      const second = await createAccessKey(room.db, room.secrets, room.clock, { description: 'second', sessionSeconds: 60 })
      const createdAt = 1_700_000_000_000
      assert.deepEqual(await listAccessKeys(room.db), [
        { id: first.id, description: 'first', policy: fullAccessPolicy, createdAt, expiresAt: undefined },
        { id: second.id, description: 'second', policy: fullAccessPolicy, createdAt: createdAt + 1000, expiresAt: createdAt + 61_000 },
      ])
    })

    it('are deleted once', async () => {
      await using room = await openKeyRoom(engine)
      const made = await createAccessKey(room.db, room.secrets, room.clock, { description: '' })
      assert.equal(await deleteAccessKey(room.db, made.id), true)
      assert.equal(await deleteAccessKey(room.db, made.id), false)
      assert.equal(await findAccessKey(room.db, room.secrets, made.id), undefined)
    })

    it('are not looked for under what cannot be an id', async () => {
      await using room = await openKeyRoom(engine)
      for (const id of ['', 'AKIA', 'akiaaaaaaaaaaaaaaaaa', 'AKIAAAAAAAAAAAAAAAAA\n', "AKIA' OR 1=1 --", '\0']) {
        assert.equal(await findAccessKey(room.db, room.secrets, id), undefined)
      }
    })
  })

  describe(`The cache of access keys on ${engine.name}`, () => {
    it('finds a key without the database for a few seconds, then notices that it is gone', async () => {
      await using room = await openKeyRoom(engine)
      const made = await createAccessKey(room.db, room.secrets, room.clock, { description: '' })
      const { find } = createAccessKeyCache(room)
      const key = await find(made.id)
      assert.equal(key?.id, made.id)

      await deleteAccessKey(room.db, made.id)
      room.clock.time += cacheMilliseconds - 1
      assert.equal(await find(made.id), key)
      room.clock.time += 1
      assert.equal(await find(made.id), undefined)
    })

    it('keeps no key alive when the clock is set back', async () => {
      await using room = await openKeyRoom(engine)
      const made = await createAccessKey(room.db, room.secrets, room.clock, { description: '' })
      const { find } = createAccessKeyCache(room)
      await find(made.id)
      await deleteAccessKey(room.db, made.id)
      room.clock.time -= 1
      assert.equal(await find(made.id), undefined)
    })

    it('does not remember what does not exist: a new key works at once', async () => {
      await using room = await openKeyRoom(engine)
      const { find } = createAccessKeyCache(room)
      const made = await createAccessKey(room.db, room.secrets, room.clock, { description: '' })
      await deleteAccessKey(room.db, made.id)
      assert.equal(await find(made.id), undefined)
      const metadata = { description: '', policy: fullAccessPolicy, createdAt: room.clock.now() }
      await insertAccessKey(room.db, room.secrets, { ...made, ...metadata, sessionTokenHash: undefined })
      assert.equal((await find(made.id))?.secret, made.secret)
    })
  })
}
