import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { openRoleSession, sealRoleSession } from '../../../src/access/sessions/role-session.ts'
import { createSecrets } from '../../../src/base/secrets.ts'
import { engines } from '../../support/engines.ts'
import { noteSecrets } from '../../support/evidence.ts'
import { recordingLogger } from '../../support/functions.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { givenRoleSessions } from '../../support/role-sessions.ts'

const allow = { Effect: 'Allow', Action: 'cognito-idp:ListUsers', Resource: '*' }

/** The credentials with another session policy, as another release may have sealed it. */
function withPolicy(server: ProductionServer, credentials: Credentials, statement: object): Credentials {
  const secrets = createSecrets(Buffer.from(server.env.LIFEGUARD_MASTER_KEY, 'base64'))
  const session = openRoleSession(secrets, credentials.accessKeyId, credentials.sessionToken ?? '') ?? assert.fail()
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: statement })
  const sessionToken = sealRoleSession(secrets, { ...session, policy })
  noteSecrets({ SessionToken: sessionToken })
  return { ...credentials, sessionToken }
}

for (const engine of engines) {
  describe(`A session whose policy cannot be enforced, on ${engine.name}`, () => {
    it('is refused everything. The log says so once a minute for each role, and other sessions go on', async () => {
      const { logger, lines } = recordingLogger('warn')
      const warnings = () => lines.map((line) => JSON.parse(line)).filter(({ role }) => role !== undefined)
      await using server = await startProductionServer(engine, { logger })
      const pools = await givenRoleSessions(server, await server.createKey())
      const role = await pools.putRole('reader', [allow])
      const listUsers = (credentials: Credentials) =>
        server.client(credentials).send(new ListUsersCommand({ UserPoolId: pools.userPoolId }))
      const [ana, ben] = [await pools.assume(role, 'ana', { policy: [allow] }), await pools.assume(role, 'ben', { policy: [allow] })]
      const deny = { Effect: 'Deny', Action: 'cognito-idp:ListGroups', Resource: '*', Condition: { FromTheFuture: { 'aws:userid': 'x' } } }
      const broken = [ana, ben].map(({ credentials }) => withPolicy(server, credentials, [allow, deny]))

      for (const credentials of broken) await assert.rejects(listUsers(credentials), { name: 'AccessDeniedException' })
      await listUsers(ana.credentials)
      const [first, ...others] = warnings()
      assert.deepEqual(others, [])
      const { level, msg, role: named, session, accessKeyId, reason, times } = first
      assert.deepEqual(
        { level, msg, named, session, accessKeyId, reason, times },
        {
          level: 'warn',
          msg: 'The policy of a session cannot be enforced, so the session may do nothing. Begin a new session with a policy that can.',
          named: role,
          session: 'shop',
          accessKeyId: ana.credentials.accessKeyId,
          reason: 'Statement 2: Condition "FromTheFuture" is not an operator that this server knows.',
          times: 1,
        },
      )

      server.clock.advance(60_000)
      await assert.rejects(listUsers(broken[1] ?? assert.fail()), { name: 'AccessDeniedException' })
      assert.deepEqual(
        warnings().map(({ times }) => times),
        [1, 2],
      )
    })
  })
}
