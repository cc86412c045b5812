import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AdminCreateUserCommandInput, type CreateUserPoolCommandInput, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreate, adminGet, adminUpdate } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { SmsConfiguration } from '../../support/mfa.ts'
import { attributeList, confirm, givenConfirmedUser, sentTo, signUp, type Values } from '../../support/self-service.ts'
import { givenTokens, goodPassword } from '../../support/sign-in.ts'
import { agree, noJson, refuse, refusedBy, unrecognizable } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { answering, givenPoolWithEvery, type Handlers } from '../../support/user-triggers.ts'

type PoolSettings = Partial<CreateUserPoolCommandInput>

const email = 'ana@example.test'
const phone_number = '+15550001234'
const untouched = { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false }
const verifiesBoth: PoolSettings = { AutoVerifiedAttributes: ['email', 'phone_number'], SmsConfiguration }
const aliasPool: PoolSettings = { AutoVerifiedAttributes: ['email'], AliasAttributes: ['email'] }

for (const engine of engines) {
  describe(`PreSignUp on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const given = (handlers: Handlers = {}, pool = verifiesBoth) => givenPoolWithEvery(server(), endpoint, handlers, { pool })
    const statusOf = async (poolId: string, name: string) => (await adminGet(server(), poolId, name)).UserStatus

    for (const { name, metadata, data } of [
      { name: 'with every optional member', metadata: { theme: 'dark' }, data: { invitation: '4711', empty: '' } },
      { name: 'without optional members', metadata: undefined, data: undefined },
    ]) {
      it(`gets Cognito’s event for a sign-up ${name}`, async () => {
        const { poolId, clientId, triggers } = await given()
        const request = { ClientId: clientId, Username: 'ana', Password: goodPassword, UserAttributes: attributeList({ email }) }
        const ValidationData = data && attributeList(data)
        await server().send(new SignUpCommand({ ...request, ValidationData, ClientMetadata: metadata }))
        assert.deepEqual(triggers.fired, ['PreSignUp_SignUp', 'CustomMessage_SignUp'])
        const [event] = triggers.events
        assert.deepEqual(event, {
          version: '1',
          region: 'us-east-1',
          userPoolId: poolId,
          userName: 'ana',
          callerContext: { awsSdkVersion: event?.callerContext.awsSdkVersion, clientId },
          triggerSource: 'PreSignUp_SignUp',
          request: { userAttributes: { email }, validationData: data ?? null, ...(metadata && { clientMetadata: metadata }) },
          response: untouched,
        })
        assert.match(event?.callerContext.awsSdkVersion ?? '', /^aws-sdk-js-3\./)
        assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
      })
    }

    it('gets the address that was given as username, and the username that the user will have', async () => {
      const { clientId, triggers } = await given({}, { UsernameAttributes: ['email'] })
      const { UserSub } = await signUp(server(), clientId, email)
      assert.equal(triggers.events[0]?.userName, UserSub)
      assert.deepEqual(triggers.events[0]?.request.userAttributes, { email })
    })

    it('is invoked for a user that an administrator creates, and its response neither confirms nor verifies that user', async () => {
      const spares = answering({ autoConfirmUser: true, autoVerifyEmail: true, autoVerifyPhone: true })
      const { poolId, triggers } = await given({ PreSignUp: spares })
      const options: Partial<AdminCreateUserCommandInput> = {
        ValidationData: attributeList({ from: 'crm' }),
        ClientMetadata: { theme: 'dark' },
        DesiredDeliveryMediums: ['EMAIL'],
      }
      const { attributes, UserStatus } = await adminCreate(server(), poolId, 'ana', { ...options, attributes: { email } })
      assert.equal(UserStatus, 'FORCE_CHANGE_PASSWORD')
      assert.equal(attributes['email_verified'], undefined)
      assert.deepEqual(triggers.fired, ['PreSignUp_AdminCreateUser', 'CustomMessage_AdminCreateUser'])
      const [event] = triggers.events
      assert.equal(event?.callerContext.clientId, 'CLIENT_ID_NOT_APPLICABLE')
      const request = { userAttributes: { email }, validationData: { from: 'crm' }, clientMetadata: { theme: 'dark' } }
      assert.deepEqual([event?.request, event?.response], [request, untouched])
      assert.deepEqual(await sentTo(server(), poolId), [`invitation ${email}`])
    })

    it('is not invoked for an invitation that is sent again', async () => {
      const { poolId, triggers } = await given()
      await adminCreate(server(), poolId, 'ana', { attributes: { email } })
      triggers.clear()
      await adminCreate(server(), poolId, 'ana', { MessageAction: 'RESEND' })
      assert.deepEqual(triggers.fired, ['CustomMessage_AdminCreateUser'])
    })

    const unconfirmed = {
      name: 'InvalidLambdaResponseException',
      message: 'Phone or email cannot be auto verified, when user is not being auto confirmed',
    }
    const failures = [
      { name: 'throws', handler: refuse, error: refusedBy('PreSignUp') },
      { name: 'returns nothing', handler: () => undefined, error: noJson },
      { name: 'returns null for a flag', handler: answering({ autoConfirmUser: null }), error: unrecognizable },
      { name: 'returns text for a flag', handler: answering({ autoVerifyPhone: 'true' }), error: unrecognizable },
      {
        name: 'verifies an address that was not given',
        handler: answering({ autoVerifyPhone: true }),
        error: unrecognizable,
        isOfSignUp: true,
      },
      {
        name: 'verifies an address of a user whom it does not confirm',
        handler: answering({ autoVerifyEmail: true }),
        error: unconfirmed,
        isOfSignUp: true,
      },
    ]
    for (const { name, handler, error, isOfSignUp = false } of failures) {
      it(`prevents that a user is created and a message is sent when it ${name}`, async () => {
        const { poolId, clientId, triggers } = await given({ PreSignUp: handler })
        await assert.rejects(signUp(server(), clientId, 'ana', { email }), error)
        assert.deepEqual(triggers.fired, ['PreSignUp_SignUp'])
        await assert.rejects(adminGet(server(), poolId, 'ana'), { name: 'UserNotFoundException' })
        if (!isOfSignUp) await assert.rejects(adminCreate(server(), poolId, 'bo', { attributes: { email } }), error)
        if (!isOfSignUp) await assert.rejects(adminGet(server(), poolId, 'bo'), { name: 'UserNotFoundException' })
        assert.deepEqual(await sentTo(server(), poolId), [])
      })
    }

    it('is not invoked for a sign-up that is rejected anyway', async () => {
      const { clientId, triggers } = await given()
      await assert.rejects(signUp(server(), clientId, 'ana', { email: 'nowhere' }), { name: 'InvalidParameterException' })
      await assert.rejects(signUp(server(), clientId, 'ana', {}, 'correct-horse-7'), { name: 'InvalidPasswordException' })
      assert.deepEqual(triggers.fired, [])
    })

    it('can confirm the user without a code, and PostConfirmation is invoked', async () => {
      const { poolId, clientId, triggers } = await given({ PreSignUp: answering({ autoConfirmUser: true }) })
      const request = { ClientId: clientId, Username: 'ana', Password: goodPassword, UserAttributes: attributeList({ email }) }
      const answer = await server().send(new SignUpCommand({ ...request, ClientMetadata: { theme: 'dark' } }))
      assert.equal(answer.UserConfirmed, true)
      assert.equal(answer.CodeDeliveryDetails, undefined)
      assert.deepEqual(triggers.fired, ['PreSignUp_SignUp', 'PostConfirmation_ConfirmSignUp'])
      const userAttributes = { sub: answer.UserSub, 'cognito:user_status': 'CONFIRMED', email, email_verified: 'false' }
      assert.deepEqual(triggers.events[1]?.request, { userAttributes, clientMetadata: { theme: 'dark' } })
      assert.deepEqual(await sentTo(server(), poolId), [])
      await givenTokens(server(), clientId, 'ana')
    })

    it('confirms a user, and the user stays confirmed when PostConfirmation fails', async () => {
      const handlers = { PreSignUp: answering({ autoConfirmUser: true }), PostConfirmation: refuse }
      const { poolId, clientId } = await given(handlers)
      await assert.rejects(signUp(server(), clientId, 'ana', { email }), refusedBy('PostConfirmation'))
      assert.equal(await statusOf(poolId, 'ana'), 'CONFIRMED')
    })

    const verifications: { flags: object; verified: Values }[] = [
      { flags: { autoVerifyEmail: true, autoConfirmUser: true }, verified: { email: 'true', phone: 'false' } },
      { flags: { autoVerifyPhone: true, autoConfirmUser: true }, verified: { email: 'false', phone: 'true' } },
      {
        flags: { autoVerifyEmail: true, autoVerifyPhone: true, autoConfirmUser: true },
        verified: { email: 'true', phone: 'true' },
      },
    ]
    for (const { flags, verified } of verifications) {
      it(`verifies the addresses that its response names: ${Object.keys(flags).join(', ')}`, async () => {
        const { poolId, clientId } = await given({ PreSignUp: answering(flags) })
        await signUp(server(), clientId, 'ana', { email, phone_number })
        const { attributes } = await adminGet(server(), poolId, 'ana')
        assert.deepEqual({ email: attributes['email_verified'], phone: attributes['phone_number_verified'] }, verified)
        assert.deepEqual(await sentTo(server(), poolId), [])
      })
    }

    it('moves an alias to the new user when it verifies the address', async () => {
      const vouches = answering({ autoConfirmUser: true, autoVerifyEmail: true })
      let handler = agree
      const ids = await given({ PreSignUp: (event) => handler(event) as never }, aliasPool)
      await givenConfirmedUser(server(), ids, 'old', { email })
      handler = vouches as typeof agree
      await signUp(server(), ids.clientId, 'new', { email }, 'Another-horse-7')
      assert.equal((await adminGet(server(), ids.poolId, email)).Username, 'new')
      assert.equal((await adminGet(server(), ids.poolId, 'old')).attributes['email_verified'], 'false')
      await givenTokens(server(), ids.clientId, email, 'Another-horse-7')
    })

    for (const flag of ['autoVerifyEmail', 'autoVerifyPhone'] as const) {
      it(`fails the sign-up when it verifies an address without confirming the user; the alias stays with its user: ${flag}`, async () => {
        const pool = { ...verifiesBoth, AliasAttributes: ['email', 'phone_number'] as const }
        let flags = {}
        const ids = await given({ PreSignUp: (event) => answering(flags)(event) }, pool as unknown as PoolSettings)
        const { poolId, clientId, triggers } = ids
        await givenConfirmedUser(server(), ids, 'old', { email, phone_number })
        await adminUpdate(server(), poolId, 'old', { email_verified: 'true', phone_number_verified: 'true' })
        const before = await sentTo(server(), poolId)
        triggers.clear()

        flags = { [flag]: true }
        await assert.rejects(signUp(server(), clientId, 'new', { email, phone_number }), unconfirmed)
        assert.deepEqual(triggers.fired, ['PreSignUp_SignUp'])
        await assert.rejects(adminGet(server(), poolId, 'new'), { name: 'UserNotFoundException' })
        for (const alias of [email, phone_number]) assert.equal((await adminGet(server(), poolId, alias)).Username, 'old')
        const { attributes } = await adminGet(server(), poolId, 'old')
        assert.deepEqual([attributes['email_verified'], attributes['phone_number_verified']], ['true', 'true'])
        assert.deepEqual(await sentTo(server(), poolId), before)
      })
    }

    it('leaves an alias with its user when it verifies nothing', async () => {
      const ids = await given({}, aliasPool)
      await givenConfirmedUser(server(), ids, 'old', { email })
      await signUp(server(), ids.clientId, 'new', { email })
      assert.equal((await adminGet(server(), ids.poolId, email)).Username, 'old')
      await assert.rejects(confirm(server(), ids.clientId, 'new', '000000'))
      assert.equal((await adminGet(server(), ids.poolId, 'old')).attributes['email_verified'], 'true')
    })

    it('creates one user for several simultaneous sign-ups with one name; PostConfirmation is invoked once', async () => {
      const { clientId, triggers } = await given({ PreSignUp: answering({ autoConfirmUser: true }) })
      const tries = Array.from({ length: 6 }, () => signUp(server(), clientId, 'ana'))
      assert.equal((await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled').length, 1)
      assert.equal(triggers.fired.filter((source) => source === 'PostConfirmation_ConfirmSignUp').length, 1)
    })
  })
}
