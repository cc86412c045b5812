import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AssociateSoftwareTokenCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { giveAttributes, prefer, registerApp, respond, SmsConfiguration, setMfa } from '../../support/mfa.ts'
import { anaEmail } from '../../support/notices.ts'
import { titleIn } from '../../support/page-texts.ts'
import { createCodes, recover, setRecoveryCodes, wrongCode } from '../../support/recovery-codes.ts'
import { codeSentTo } from '../../support/self-service.ts'
import { signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { eve, givenUndoUser, takeAddress, undo, undoLinkTo } from '../../support/undo.ts'

for (const engine of engines) {
  describe(`The undo of a changed address and MFA on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** Undoes the change, sets a new password by the old address, and signs in. */
    async function undoAndSignIn(poolId: string, ClientId: string) {
      const done = await undo(server(), await undoLinkTo(server(), poolId))
      assert.equal(titleIn(done), 'Your email address is back')
      await server().send(new ForgotPasswordCommand({ ClientId, Username: 'ana' }))
      const ConfirmationCode = await codeSentTo(server(), poolId, anaEmail)
      const Password = 'Another-horse-8'
      await server().send(new ConfirmForgotPasswordCommand({ ClientId, Username: 'ana', ConfirmationCode, Password }))
      return signInByPassword(server(), ClientId, 'ana', Password)
    }

    it('takes away an authenticator app that was registered since the change, which would shut the user out', async () => {
      const { poolId, clientId, accessToken } = await givenUndoUser(server())
      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      await takeAddress(server(), poolId, accessToken, eve)
      await registerApp(server(), accessToken)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } })
      const { AuthenticationResult, ChallengeName } = await undoAndSignIn(poolId, clientId)
      assert.equal(ChallengeName, undefined)
      assert.ok(AuthenticationResult?.AccessToken)
    })

    it('keeps the app that was there before, and activates it again if it was deactivated since', async () => {
      const { poolId, clientId, accessToken } = await givenUndoUser(server())
      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      const app = await registerApp(server(), accessToken)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      await takeAddress(server(), poolId, accessToken, eve)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: false } })
      await server().send(new AssociateSoftwareTokenCommand({ AccessToken: accessToken }))
      const { ChallengeName, Session } = await undoAndSignIn(poolId, clientId)
      assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const answer = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const { AuthenticationResult } = await respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', Session, answer)
      assert.ok(AuthenticationResult?.AccessToken)
    })

    it('takes away the recovery codes that were made since the change, and no others', async () => {
      for (const isSince of [false, true]) {
        const { poolId, clientId, accessToken } = await givenUndoUser(server())
        await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
        await setRecoveryCodes(server(), poolId, true)
        await registerApp(server(), accessToken)
        await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
        const before = await createCodes(server(), accessToken)
        server().clock.advance(1000)
        await takeAddress(server(), poolId, accessToken, eve)
        const [code = ''] = isSince ? await createCodes(server(), accessToken) : before
        const { Session } = await undoAndSignIn(poolId, clientId)
        const answer = recover(server(), clientId, { name: 'SOFTWARE_TOKEN_MFA', session: Session, code })
        if (isSince) await assert.rejects(answer, wrongCode)
        else assert.ok((await answer).AuthenticationResult)
      }
    })

    it('deactivates codes by SMS when the phone number was changed since', async () => {
      const pool = { SmsConfiguration }
      const { poolId, clientId, accessToken } = await givenUndoUser(server(), { pool }, {}, { phone_number: '+15550001111' })
      await setMfa(server(), poolId, 'OPTIONAL', ['sms'])
      await prefer(server(), poolId, 'ana', { SMSMfaSettings: { Enabled: true } })
      await takeAddress(server(), poolId, accessToken, eve)
      await giveAttributes(server(), poolId, 'ana', { phone_number: '+15559998888' })
      const { ChallengeName } = await undoAndSignIn(poolId, clientId)
      assert.equal(ChallengeName, undefined)
    })
  })
}
