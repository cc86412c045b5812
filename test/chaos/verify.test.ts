import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Account, Ledger } from '../../chaos/clients/ledger.ts'
import { verify } from '../../chaos/clients/verify.ts'
import { SqliteStage } from '../../chaos/stage/sqlite-stage.ts'
import { type Deployment, sdkClient } from '../../chaos/stage/stage.ts'
import { givenTokens, givenUser } from '../support/sign-in.ts'

/** Creates a user and a session, with a ledger in which both are acknowledged. */
async function givenWrites({ nodes, credentials, poolId, clientId }: Deployment, prefix: string) {
  const client = sdkClient(nodes[0]?.url ?? '', credentials)
  try {
    const ledger = new Ledger(prefix)
    const account = ledger.newAccount()
    const { sub } = await givenUser(client, poolId, account.username)
    Object.assign(account, { creation: 'acknowledged', sub } satisfies Partial<Account>)
    const { refreshToken } = await givenTokens(client, clientId, account.username)
    const session = ledger.addSession(account.username, refreshToken)
    assert.ok(session)
    return { ledger, account, session }
  } finally {
    client.destroy()
  }
}

describe('the verification of acknowledged writes', () => {
  it('accepts writes that are stored once, and names each write that is lost or doubled', async () => {
    await using stage = await SqliteStage.open({ withVolume: false })
    const { deployment } = stage
    const found = async (ledger: Ledger) => {
      const { lost, doubled } = await verify(stage, ledger)
      return { lost, doubled }
    }

    const { ledger, account, session } = await givenWrites(deployment, 'kept-')
    assert.deepEqual(await found(ledger), { lost: [], doubled: [] })

    account.nickname = 'Bo'
    assert.deepEqual((await found(ledger)).lost, ['kept-0 has the nickname undefined in place of Bo'])
    account.nickname = undefined
    account.deletion = 'acknowledged'
    assert.deepEqual((await found(ledger)).lost, ['kept-0 was deleted and is there'])
    account.deletion = 'not requested'
    account.sub = 'another'
    assert.match((await found(ledger)).lost[0] ?? '', /^kept-0 was acknowledged as another and is stored as /)

    session.revocation = 'acknowledged'
    assert.ok((await found(ledger)).lost.includes('a session of kept-0 was revoked and still works'))

    const missing = ledger.newAccount()
    missing.creation = 'acknowledged'
    ledger.sessions[0] = { ...session, refreshToken: 'none', revocation: 'not requested' }
    const { lost } = await found(ledger)
    assert.ok(lost.includes('kept-1 was created and is missing'))
    assert.ok(lost.includes('a session of kept-0 was begun and does not work'))

    ledger.accounts.shift()
    assert.deepEqual((await found(ledger)).doubled, ['kept-0 is stored, but no client requested it'])
  })
})
