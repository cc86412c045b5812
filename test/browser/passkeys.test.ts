import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListWebAuthnCredentialsCommand, type WebAuthnConfigurationType } from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { useAppPage } from '../support/app-page.ts'
import { givenChoicePool, optionsOf, startBy } from '../support/choice.ts'
import { engines } from '../support/engines.ts'
import { respond } from '../support/mfa.ts'
import { completeRegistration, setWebAuthn, startRegistration } from '../support/passkeys.ts'
import { claimsOf, givenTokens, givenUser } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

/** An app that passes the options from the API to the browser's own functions. */
const app = `
  const create = async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
    return (await navigator.credentials.create({ publicKey })).toJSON()
  }
  const get = async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
    return (await navigator.credentials.get({ publicKey })).toJSON()
  }
`

type Credential = Readonly<Record<string, unknown>>

const inPage = (page: Page, action: 'create' | 'get', options: object) => page.evaluate<Credential>(`${action}(${JSON.stringify(options)})`)

describe('passkeys in Chromium', () => {
  const openPage = useAppPage(app)

  for (const engine of engines) {
    describe(`on ${engine.name}`, () => {
      const server = useTestServer(engine)

      async function givenAna(configuration: WebAuthnConfigurationType = { RelyingPartyId: 'localhost' }) {
        const ids = await givenChoicePool(server(), ['PASSWORD', 'WEB_AUTHN'])
        await setWebAuthn(server(), ids.poolId, configuration)
        const { sub } = await givenUser(server(), ids.poolId, 'ana')
        return { ...ids, sub, token: (await givenTokens(server(), ids.clientId, 'ana')).accessToken }
      }

      async function register(page: Page, token: string): Promise<Credential> {
        const credential = await inPage(page, 'create', await startRegistration(server(), token))
        await completeRegistration(server(), token, credential)
        return credential
      }

      async function signIn(page: Page, clientId: string) {
        const asked = await startBy(server(), clientId, 'ana', 'WEB_AUTHN')
        const CREDENTIAL = JSON.stringify(await inPage(page, 'get', optionsOf(asked)))
        return respond(server(), clientId, 'WEB_AUTHN', asked.Session, { USERNAME: 'ana', CREDENTIAL })
      }

      it('are registered on a page and sign their owner in there, again and again', async () => {
        const { clientId, sub, token } = await givenAna()
        const { context, page, devtools, authenticatorId } = await openPage()
        const { id } = await register(page, token)
        const { Credentials = [] } = await server().send(new ListWebAuthnCredentialsCommand({ AccessToken: token }))
        assert.deepEqual(
          Credentials.map((one) => [one.CredentialId, one.RelyingPartyId, one.AuthenticatorAttachment, one.AuthenticatorTransports]),
          [[id, 'localhost', 'platform', ['internal']]],
        )
        const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId })
        assert.equal(Buffer.from(credentials[0]?.userHandle ?? '', 'base64').toString(), sub)
        for (let count = 0; count < 3; count++) {
          const { AuthenticationResult: tokens } = await signIn(page, clientId)
          assert.equal(claimsOf(tokens?.AccessToken ?? '')['sub'], sub)
        }
        await context.close()
      })

      it('can be registered only once with each authenticator', async () => {
        const { token } = await givenAna()
        const { context, page } = await openPage()
        await register(page, token)
        await assert.rejects(register(page, token), /InvalidStateError/)
        await context.close()
      })

      it('can be registered with two authenticators, each of which then signs in', async () => {
        const { clientId, token } = await givenAna()
        const [laptop, phone] = [await openPage(), await openPage()]
        await register(laptop.page, token)
        await register(phone.page, token)
        for (const { page, context } of [laptop, phone]) {
          assert.ok((await signIn(page, clientId)).AuthenticationResult)
          await context.close()
        }
      })

      it('work without user verification where the pool only prefers it, and fail where the pool requires it', async () => {
        const { poolId, clientId, token } = await givenAna()
        const { context, page } = await openPage({ verifies: false })
        await register(page, token)
        assert.ok((await signIn(page, clientId)).AuthenticationResult)
        await setWebAuthn(server(), poolId, { RelyingPartyId: 'localhost', UserVerification: 'required' })
        await assert.rejects(register(page, token), /NotAllowedError|InvalidStateError/)
        await assert.rejects(signIn(page, clientId), /NotAllowedError/)
        await context.close()
      })

      it('cannot be registered on a page that is not of their relying party', async () => {
        const { token } = await givenAna({ RelyingPartyId: 'example.test' })
        const { context, page } = await openPage()
        await assert.rejects(register(page, token), /SecurityError/)
        await context.close()
      })
    })
  }
})
