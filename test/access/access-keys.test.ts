import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { hashSessionToken } from '../../src/access/access-key.ts'
import { cacheMilliseconds, createAccessKeyCache } from '../../src/access/access-key-cache.ts'
import { deleteAccessKey, findAccessKey, insertAccessKey, listAccessKeys } from '../../src/access/access-key-repository.ts'
import { createAccessKey } from '../../src/access/create-access-key.ts'
import { evaluatePolicy, fullAccessPolicy } from '../../src/access/policy.ts'
import { PolicyError } from '../../src/access/policy-error.ts'
import { createSecrets } from '../../src/base/secrets.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { engines, type TestEngine } from '../support/engines.ts'

async function openKeyStorage(engine: TestEngine) {
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
    it('are stored with their policy and found by id', async () => {
      await using storage = await openKeyStorage(engine)
      const policy = '{"Statement":{"Effect":"Allow","Action":"cognito-idp:List*","Resource":"*"}}'
      const created = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: 'reports', policy })
      assert.match(created.id, /^AKIA[A-Z2-7]{16}$/)
      assert.match(created.secret, /^[A-Za-z0-9+/]{40}$/)
      assert.deepEqual([created.sessionToken, created.expiresAt], [undefined, undefined])

      const key = await findAccessKey(storage.db, storage.secrets, created.id)
      assert.deepEqual([key?.id, key?.secret, key?.sessionTokenHash, key?.expiresAt], [created.id, created.secret, undefined, undefined])
      assert.equal(key && evaluatePolicy(key.policy, 'cognito-idp:ListUsers', '*'), 'allowed')
      assert.equal(key && evaluatePolicy(key.policy, 'cognito-idp:AdminGetUser', '*'), 'not-allowed')
    })

    it('allow everything when they are created without a policy', async () => {
      await using storage = await openKeyStorage(engine)
      await createAccessKey(storage.db, storage.secrets, storage.clock, { description: '' })
      const [metadata] = await listAccessKeys(storage.db)
      assert.equal(metadata?.policy, fullAccessPolicy)
    })

    it('that are temporary have a session token and expire', async () => {
      await using storage = await openKeyStorage(engine)
      const created = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: '', sessionSeconds: 900 })
      assert.match(created.id, /^ASIA[A-Z2-7]{16}$/)
      assert.equal(created.expiresAt, storage.clock.now() + 900_000)

      const key = await findAccessKey(storage.db, storage.secrets, created.id)
      assert.equal(key?.sessionTokenHash, hashSessionToken(storage.secrets, created.id, created.sessionToken ?? ''))
      assert.equal(key?.expiresAt, created.expiresAt)
    })

    it('are stored without readable secrets', async () => {
      await using storage = await openKeyStorage(engine)
      const created = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: '', sessionSeconds: 900 })
      const row = await storage.db.selectFrom('access_key').selectAll().executeTakeFirstOrThrow()
      const stored = JSON.stringify(row)
      assert.ok(stored.includes(created.id))
      assert.ok(created.sessionToken !== undefined && !stored.includes(created.sessionToken))
      assert.ok(!stored.includes(created.secret))
    })

    it('cannot be opened with another id or another master key', async () => {
      await using storage = await openKeyStorage(engine)
      const created = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: '' })
      await assert.rejects(findAccessKey(storage.db, createSecrets(randomBytes(32)), created.id), /does not open/)
      await storage.db.updateTable('access_key').set({ id: 'AKIAAAAAAAAAAAAAAAAA' }).execute()
      await assert.rejects(findAccessKey(storage.db, storage.secrets, 'AKIAAAAAAAAAAAAAAAAA'), /does not open/)
    })

    it('are not created with an invalid lifetime, or with a policy that cannot be enforced', async () => {
      await using storage = await openKeyStorage(engine)
      const policy = '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}}'
      await assert.rejects(createAccessKey(storage.db, storage.secrets, storage.clock, { description: '', policy }), PolicyError)
      for (const sessionSeconds of [0, -1, 1.5, Number.NaN]) {
        await assert.rejects(createAccessKey(storage.db, storage.secrets, storage.clock, { description: '', sessionSeconds }), RangeError)
      }
      assert.deepEqual(await listAccessKeys(storage.db), [])
    })

    it('are listed oldest first, without their secrets', async () => {
      await using storage = await openKeyStorage(engine)
      const first = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: 'first' })
      storage.clock.time += 1000
      const second = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: 'second', sessionSeconds: 60 })
      const createdAt = 1_700_000_000_000
      assert.deepEqual(await listAccessKeys(storage.db), [
        { id: first.id, description: 'first', policy: fullAccessPolicy, createdAt, expiresAt: undefined },
        { id: second.id, description: 'second', policy: fullAccessPolicy, createdAt: createdAt + 1000, expiresAt: createdAt + 61_000 },
      ])
    })

    it('can be deleted once', async () => {
      await using storage = await openKeyStorage(engine)
      const created = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: '' })
      assert.equal(await deleteAccessKey(storage.db, created.id), true)
      assert.equal(await deleteAccessKey(storage.db, created.id), false)
      assert.equal(await findAccessKey(storage.db, storage.secrets, created.id), undefined)
    })

    it('are not found by a text that cannot be an id', async () => {
      await using storage = await openKeyStorage(engine)
      for (const id of ['', 'AKIA', 'akiaaaaaaaaaaaaaaaaa', 'AKIAAAAAAAAAAAAAAAAA\n', "AKIA' OR 1=1 --", '\0']) {
        assert.equal(await findAccessKey(storage.db, storage.secrets, id), undefined)
      }
    })
  })

  describe(`The cache of access keys on ${engine.name}`, () => {
    it('returns a deleted key until the cached entry of the key expires', async () => {
      await using storage = await openKeyStorage(engine)
      const created = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: '' })
      const { find } = createAccessKeyCache(storage)
      const key = await find(created.id)
      assert.equal(key?.id, created.id)

      await deleteAccessKey(storage.db, created.id)
      storage.clock.time += cacheMilliseconds - 1
      assert.equal(await find(created.id), key)
      storage.clock.time += 1
      assert.equal(await find(created.id), undefined)
    })

    it('does not keep a deleted key when the clock is set back', async () => {
      await using storage = await openKeyStorage(engine)
      const created = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: '' })
      const { find } = createAccessKeyCache(storage)
      await find(created.id)
      await deleteAccessKey(storage.db, created.id)
      storage.clock.time -= 1
      assert.equal(await find(created.id), undefined)
    })

    it('does not cache that a key is missing, so a new key works immediately', async () => {
      await using storage = await openKeyStorage(engine)
      const { find } = createAccessKeyCache(storage)
      const created = await createAccessKey(storage.db, storage.secrets, storage.clock, { description: '' })
      await deleteAccessKey(storage.db, created.id)
      assert.equal(await find(created.id), undefined)
      const metadata = { description: '', policy: fullAccessPolicy, createdAt: storage.clock.now() }
      await insertAccessKey(storage.db, storage.secrets, { ...created, ...metadata, sessionTokenHash: undefined })
      assert.equal((await find(created.id))?.secret, created.secret)
    })
  })
}
