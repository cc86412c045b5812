import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteWebAuthnCredentialCommand, ListWebAuthnCredentialsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import {
  completeRegistration,
  givenPasskeyPool,
  pageOrigin,
  passkeysOf,
  registerPasskey,
  startRegistration,
} from '../../../support/passkeys.ts'
import { givenTokens, givenUser } from '../../../support/sign-in.ts'
import { makePasskey } from '../../../support/software-authenticator.ts'
import { type TestServer, useTestServer } from '../../../support/test-server.ts'

const notFound = { name: 'ResourceNotFoundException' }

for (const engine of engines) {
  describe(`A passkey of a user on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenUsers<Name extends string>(...names: Name[]) {
      const ids = await givenPasskeyPool(server())
      const tokens: Partial<Record<Name, string>> = {}
      for (const name of names) {
        await givenUser(server(), ids.poolId, name)
        tokens[name] = (await givenTokens(server(), ids.clientId, name)).accessToken
      }
      return { ...ids, tokens: tokens as Record<Name, string> }
    }

    function remove(token: string, id: string) {
      return server().send(new DeleteWebAuthnCredentialCommand({ AccessToken: token, CredentialId: id }))
    }

    it('is listed with its name, attachment and transports, in the order of registration', async () => {
      const { tokens } = await givenUsers('ana')
      const before = server().clock.now()
      const aaguid = 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4'
      const googlePasskey = await registerPasskey(server(), tokens.ana, {
        aaguid,
        transports: ['hybrid', 'internal', 'internal', '<script>'],
      })
      const options = await startRegistration(server(), tokens.ana)
      const plainPasskey = makePasskey(options, pageOrigin)
      const { authenticatorAttachment, ...registration } = plainPasskey.registration
      const { transports, ...response } = registration['response'] as Record<string, unknown>
      await completeRegistration(server(), tokens.ana, { ...registration, response })

      const { Credentials = [], NextToken } = await server().send(new ListWebAuthnCredentialsCommand({ AccessToken: tokens.ana }))
      const common = { RelyingPartyId: 'example.test' }
      assert.equal(NextToken, undefined)
      assert.deepEqual(
        Credentials.map(({ CreatedAt, ...others }) => others),
        [
          {
            ...common,
            CredentialId: googlePasskey.id,
            FriendlyCredentialName: 'Google Password Manager',
            AuthenticatorAttachment: 'platform',
            AuthenticatorTransports: ['hybrid', 'internal'],
          },
          { ...common, CredentialId: plainPasskey.id, FriendlyCredentialName: 'Passkey', AuthenticatorTransports: [] },
        ],
      )
      for (const { CreatedAt } of Credentials) assert.ok((CreatedAt?.getTime() ?? 0) >= before - 1000)
    })

    it('is listed in pages, also when the last passkey of a page was deleted', async () => {
      const { tokens } = await givenUsers('ana')
      const ids: string[] = []
      for (let count = 0; count < 5; count++) {
        ids.push((await registerPasskey(server(), tokens.ana)).id)
        server().clock.advance(1)
      }
      const page = async (NextToken?: string, MaxResults = 2) => {
        const request = { AccessToken: tokens.ana, MaxResults, ...(NextToken !== undefined && { NextToken }) }
        const { Credentials = [], NextToken: next } = await server().send(new ListWebAuthnCredentialsCommand(request))
        return { found: Credentials.map(({ CredentialId }) => CredentialId), next }
      }
      const first = await page()
      assert.deepEqual(first.found, ids.slice(0, 2))
      await remove(tokens.ana, ids[1] ?? '')
      const second = await page(first.next)
      assert.deepEqual(second.found, ids.slice(2, 4))
      const third = await page(second.next)
      assert.deepEqual(third, { found: ids.slice(4), next: undefined })
      assert.deepEqual((await page(undefined, 0)).found, [ids[0], ...ids.slice(2)])
      await assert.rejects(page('made-up'), { name: 'InvalidParameterException' })
    })

    it('cannot be listed or deleted by another user', async () => {
      const { tokens } = await givenUsers('ana', 'ben')
      for (let count = 0; count < 2; count++) await registerPasskey(server(), tokens.ana)
      const [first = ''] = await passkeysOf(server(), tokens.ana)
      assert.deepEqual(await passkeysOf(server(), tokens.ben), [])
      await assert.rejects(remove(tokens.ben, first), notFound)
      const { NextToken } = await server().send(new ListWebAuthnCredentialsCommand({ AccessToken: tokens.ana, MaxResults: 1 }))
      const foreign = new ListWebAuthnCredentialsCommand({ AccessToken: tokens.ben, NextToken })
      await assert.rejects(server().send(foreign), { name: 'InvalidParameterException' })

      const otherPool = await givenUsers('ana')
      assert.deepEqual(await passkeysOf(server(), otherPool.tokens.ana), [])
      await assert.rejects(remove(otherPool.tokens.ana, first), notFound)
      assert.equal((await passkeysOf(server(), tokens.ana)).length, 2)
    })

    it('can be deleted only once, and other passkeys stay', async () => {
      const { tokens } = await givenUsers('ana')
      const { id } = await registerPasskey(server(), tokens.ana)
      const kept = await registerPasskey(server(), tokens.ana)
      await remove(tokens.ana, id)
      await assert.rejects(remove(tokens.ana, id), notFound)
      assert.deepEqual(await passkeysOf(server(), tokens.ana), [kept.id])
    })

    it('cannot be registered beyond twenty for a user, even by two concurrent registrations', async () => {
      const { tokens } = await givenUsers('ana')
      const tooMany = { name: 'LimitExceededException' }
      for (let count = 0; count < 19; count++) await registerPasskey(server(), tokens.ana)
      const [one, other] = [await startRegistration(server(), tokens.ana), await startRegistration(server(), tokens.ana)]
      const outcomes = await Promise.allSettled(
        [one, other].map((options) => completeRegistration(server(), tokens.ana, makePasskey(options, pageOrigin).registration)),
      )
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      await assert.rejects(startRegistration(server(), tokens.ana), tooMany)
      const [first = '', ...others] = await passkeysOf(server(), tokens.ana)
      assert.equal(others.length, 19)
      await remove(tokens.ana, first)
      await registerPasskey(server(), tokens.ana)
    })
  })

  describe(`A passkey of a user on ${engine.name}, with a quota that the operator sets`, () => {
    const server = useTestServer(engine, { flags: ['--quotas', '{"passkeysPerUser":1}'] })

    it('cannot be registered beyond that quota', async () => {
      const token = await givenToken(server())
      await registerPasskey(server(), token)
      await assert.rejects(startRegistration(server(), token), { name: 'LimitExceededException' })
    })
  })
}

async function givenToken(server: TestServer): Promise<string> {
  const ids = await givenPasskeyPool(server)
  await givenUser(server, ids.poolId, 'ana')
  return (await givenTokens(server, ids.clientId, 'ana')).accessToken
}
