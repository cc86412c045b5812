import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfirmSignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { createSecrets } from '../../../src/base/secrets.ts'
import { givenChoicePool, startChoice } from '../../support/choice.ts'
import { correct, givenCorrectingPool, refusalOf, signUpForSession } from '../../support/contact-correction.ts'
import { engines } from '../../support/engines.ts'
import { codeSentTo } from '../../support/self-service.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const masterKey = Buffer.alloc(32, 5)
const secrets = createSecrets(masterKey)
const prefix = 'AYABe'
const typo = 'ana@exmaple.test'
const email = 'ana@example.test'

type Ids = { readonly poolId: string; readonly clientId: string }
type Sealed = { readonly id: string; readonly sub: string; readonly by: string | null; readonly stamp: string; readonly exp: number }

const contextOf = ({ poolId, clientId }: Ids) => `${poolId}/${clientId}`

function unseal(session: string, ids: Ids): Sealed {
  const content = secrets.open('sign-up-session', session.slice(prefix.length), `${contextOf(ids)}/v2`)
  return JSON.parse(String(content)) as Sealed
}

const seal = (content: unknown, context: string) => prefix + secrets.seal('sign-up-session', JSON.stringify(content), context)

/** Seals the content of `session` as older releases do: as an array, and under a context that names no version of the sealed format. */
function unversioned(session: string, ids: Ids): string {
  const { id, sub, by, stamp, exp } = unseal(session, ids)
  return seal([id, sub, by, stamp, exp], contextOf(ids))
}

/** A choice-based sign-in with the Session of a confirmed sign-up. `rewrite` changes each Session before the client sends it back. */
async function signInAfterSignUp(server: TestServer, rewrite: (session: string, ids: Ids) => string) {
  const ids = await givenChoicePool(server, ['PASSWORD', 'EMAIL_OTP'], { pool: { AutoVerifiedAttributes: ['email'] } })
  const { session } = await signUpForSession(server, ids.clientId, 'ana', { email })
  const code = await codeSentTo(server, ids.poolId, email)
  const request = { ClientId: ids.clientId, Username: 'ana', ConfirmationCode: code, Session: rewrite(session, ids) }
  const { Session = '' } = await server.send(new ConfirmSignUpCommand(request))
  return startChoice(server, ids.clientId, 'ana', {}, rewrite(Session, ids))
}

for (const engine of engines) {
  describe(`The Session of a sign-up on ${engine.name}, during a rolling upgrade`, () => {
    const server = useTestServer(engine, { flags: ['--master-key', masterKey.toString('base64')] })

    it('is accepted by a sign-in in the current version of the sealed format', async () => {
      const { AuthenticationResult } = await signInAfterSignUp(server(), (session) => session)
      assert.ok(AuthenticationResult?.AccessToken)
    })

    it('is accepted by a sign-in in the older sealed format without a version', async () => {
      const { AuthenticationResult } = await signInAfterSignUp(server(), unversioned)
      assert.ok(AuthenticationResult?.AccessToken)
    })

    it('is accepted by a correction in the older sealed format without a version', async () => {
      const ids = await givenCorrectingPool(server())
      const { session } = await signUpForSession(server(), ids.clientId, 'ana', { email: typo })
      const answer = await correct(server(), ids.clientId, 'ana', { session: unversioned(session, ids), value: email })
      assert.equal(refusalOf(answer), 'ok')
    })

    it('cannot be opened by a server that knows only the older sealed format without a version', async () => {
      const ids = await givenCorrectingPool(server())
      const { session } = await signUpForSession(server(), ids.clientId, 'ana', { email })
      assert.equal(secrets.open('sign-up-session', session.slice(prefix.length), contextOf(ids)), undefined)
    })

    it('is refused as invalid in a sealed format of an unknown version', async () => {
      const ids = await givenCorrectingPool(server())
      const { session } = await signUpForSession(server(), ids.clientId, 'ana', { email: typo })
      const later = seal({ ...unseal(session, ids), more: true }, `${contextOf(ids)}/v3`)
      const answer = await correct(server(), ids.clientId, 'ana', { session: later, value: email })
      assert.equal(refusalOf(answer), 'NotAuthorizedException: Invalid session for the user.')
    })
  })
}
