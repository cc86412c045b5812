import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminSetUserPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountAt, act, givenAccountPool, redirectOf, signInToAccount } from '../../../support/account-page.ts'
import { PostgresStage, postgresOnly, skipWithoutPostgres } from '../../../support/postgres-stage.ts'
import { goodPassword } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'

describe('A new password on the account page, while an administrator recovers the account', { skip: skipWithoutPostgres }, () => {
  const server = useTestServer(postgresOnly)

  it('does not keep the session of the browser', async () => {
    const pool = { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' as const } }
    const { poolId: UserPoolId, clientId } = await givenAccountPool(server(), { pool })
    const { browser: thief } = await signInToAccount(server(), clientId)
    await using stage = await PostgresStage.open(server())
    await stage.holdTable('auth_event')
    const passwords = { current_password: goodPassword, password: 'Another-horse-8', confirm_password: 'Another-horse-8' }
    const changed = act(thief, accountAt(clientId, 'password'), 'change', passwords)
    // The new password is stored, and the answer of the page is not made yet.
    await stage.waiting(1)
    const recovered = { UserPoolId, Username: 'ana', Password: 'Recovered-horse-8', Permanent: true }
    await server().send(new AdminSetUserPasswordCommand(recovered))
    await stage.release()
    assert.match(redirectOf(await changed), /^\/login\?/)
    assert.match(redirectOf(await thief.visit(accountAt(clientId))), /^\/login\?/)
  })
})
