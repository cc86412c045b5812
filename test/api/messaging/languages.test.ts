import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  type CreateUserPoolCommandInput,
  ResendConfirmationCodeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { attributeList, messagesOf, signUp } from '../../support/self-service.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const functions = await openTriggerEndpoint()

const templates = {
  de: { VerificationEmail: 'Dein Code ist {####}.', VerificationEmailSubject: 'Dein Code', InvitationEmail: 'Hallo {username}: {####}' },
  'de-CH': { VerificationEmail: 'Din Code isch {####}.' },
  'zh-Hant': { VerificationEmail: '驗證碼 {####}' },
  fr: { LinkEmail: '{##Confirmer##}', LinkEmailSubject: 'Votre lien' },
}
const pool: Partial<CreateUserPoolCommandInput> = {
  AutoVerifiedAttributes: ['email'],
  EmailVerificationMessage: 'Pool: {####}',
  EmailVerificationSubject: 'Of the pool',
}

for (const engine of engines) {
  describe(`Localized templates on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: functions.flags })

    async function givenPool(more: object = {}) {
      const ids = await server().givenPool({ pool: { ...pool, ...more } })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Messages: { Templates: templates } })
      return ids
    }

    /** What a user with this locale gets: the subject, and the text without the digits of the code. */
    async function messageFor(ids: { poolId: string; clientId: string }, locale: string | undefined): Promise<string> {
      const name = `user${(await messagesOf(server(), ids.poolId)).length}`
      await signUp(server(), ids.clientId, name, { email: `${name}@example.test`, ...(locale !== undefined && { locale }) })
      const message = (await messagesOf(server(), ids.poolId)).at(-1)
      return `${message?.subject} | ${message?.text?.replace(/\d{6}/, '#')}`
    }

    it('follow the user’s locale: the locale itself, else its language, else the pool’s own text', async () => {
      const ids = await givenPool()
      const read: Record<string, string> = {}
      for (const locale of ['de', 'de-CH', 'de_AT', 'DE-de', 'zh-Hant-TW', 'zh', 'es', 'nonsense locale'])
        read[locale] = await messageFor(ids, locale)
      assert.deepEqual(read, {
        de: 'Dein Code | Dein Code ist #.',
        'de-CH': 'Dein Code | Din Code isch #.',
        de_AT: 'Dein Code | Dein Code ist #.',
        'DE-de': 'Dein Code | Dein Code ist #.',
        'zh-Hant-TW': 'Of the pool | 驗證碼 #',
        zh: 'Of the pool | Pool: #',
        es: 'Of the pool | Pool: #',
        'nonsense locale': 'Of the pool | Pool: #',
      })
      assert.equal(await messageFor(ids, undefined), 'Of the pool | Pool: #')
    })

    it('apply to links and invitations too; without a text in the language, the text of the pool or of the server is used', async () => {
      const ids = await givenPool({ VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' } })
      assert.match(await messageFor(ids, 'fr-CA'), /^Votre lien \| Confirmer/)
      assert.match(await messageFor(ids, 'de'), /^Your verification link \| Please click the link below/)
      const UserAttributes = attributeList({ email: 'ana@example.test', locale: 'de' })
      const request = { UserPoolId: ids.poolId, Username: 'ana', UserAttributes, TemporaryPassword: 'Tempor4ry!' }
      await server().send(new AdminCreateUserCommand({ ...request, DesiredDeliveryMediums: ['EMAIL'] }))
      const invitation = (await messagesOf(server(), ids.poolId)).at(-1)
      assert.deepEqual([invitation?.subject, invitation?.text], ['Your temporary password', 'Hallo ana: Tempor4ry!'])
    })

    it('are overridden by CustomMessage in the parts that its response has: subject or text', async () => {
      const triggers = functions.given({ CustomMessage: (event) => ({ ...event, response: { emailSubject: 'Of the function' } }) })
      const ids = await givenPool({ LambdaConfig: triggers.lambdaConfig })
      assert.equal(await messageFor(ids, 'de'), 'Of the function | Dein Code ist #.')
      assert.deepEqual(triggers.fired, ['CustomMessage_SignUp'])
    })

    it('do not put the text of the locale attribute into the message', async () => {
      const ids = await givenPool()
      for (const locale of ['__proto__', 'constructor', '{####}', '<b>de</b>'])
        assert.equal(await messageFor(ids, locale), 'Of the pool | Pool: #')
      await server().send(new ResendConfirmationCodeCommand({ ClientId: ids.clientId, Username: 'user0' }))
      assert.equal((await messagesOf(server(), ids.poolId)).length, 5)
    })
  })
}
