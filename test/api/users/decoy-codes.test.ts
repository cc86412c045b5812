import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ForgotPasswordCommand, ResendConfirmationCodeCommand } from '@aws-sdk/client-cognito-identity-provider'
import { hourMs } from '../../../src/base/durations.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { sweepsOf } from '../../../src/sweeps.ts'
import { engines } from '../../support/engines.ts'
import { givenConfirmedUser, signUp } from '../../support/self-service.ts'
import { useTestServer } from '../../support/test-server.ts'

const kept = { messageRecordsHours: 1, triggerRecordsHours: 1, auditDays: 1, auditStream: undefined, authEventDays: 1 }
const codes = sweepsOf(kept).find(({ name }) => name === 'codes') ?? assert.fail('the sweep is in the list')

const hiding = {
  pool: { AutoVerifiedAttributes: ['email' as const] },
  client: { PreventUserExistenceErrors: 'ENABLED' as const },
}

for (const engine of engines) {
  describe(`The codes of decoys on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /**
     * How many codes remain after a sweep that runs `afterMs` from now. Leaves out codes that have confirmed a user (purpose `confirmed`).
     */
    async function codesAfterSweep(poolId: string, afterMs: number): Promise<number> {
      const storage = await openStorage({ url: server().databaseUrl })
      try {
        await storage.db.transaction().execute((tx) => codes.run(tx, server().clock.now() + afterMs, 100))
        const left = storage.db.selectFrom('code').select('sub').where('pool_id', '=', poolId).where('purpose', '!=', 'confirmed')
        return (await left.execute()).length
      } finally {
        await storage.close()
      }
    }

    const operations = [
      ['ForgotPassword', 1, (ClientId: string, Username: string) => server().send(new ForgotPasswordCommand({ ClientId, Username }))],
      [
        'ResendConfirmationCode',
        24,
        (ClientId: string, Username: string) => server().send(new ResendConfirmationCodeCommand({ ClientId, Username })),
      ],
    ] as const

    for (const [name, hours, ask] of operations) {
      it(`are kept as long as a code of ${name} is valid; the codes of users are kept a week longer`, async () => {
        const { poolId, clientId } = await server().givenPool(hiding)
        const email = `${name.toLowerCase()}@example.test`
        if (name === 'ForgotPassword') await givenConfirmedUser(server(), { poolId, clientId }, 'ana', { email })
        else await signUp(server(), clientId, 'ana', { email })
        for (const username of ['ana', 'nobody']) await ask(clientId, username)
        assert.equal(await codesAfterSweep(poolId, hours * hourMs), 2)
        assert.equal(await codesAfterSweep(poolId, hours * hourMs + 1), 1)
        assert.equal(await codesAfterSweep(poolId, (hours + 7 * 24) * hourMs), 1)
        assert.equal(await codesAfterSweep(poolId, (hours + 7 * 24) * hourMs + 1), 0)
      })
    }
  })
}
