import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CreateUserPoolCommandInput, ForgotPasswordCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet, outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { attributeList } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { type Handler, openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { answering, givenPoolWithEvery } from '../../support/user-triggers.ts'

const email = 'victim@example.test'
const oldPassword = 'weak'
const migration = 'UserMigration_Authentication'
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }
const badAnswer = { name: 'InvalidLambdaResponseException' }
const aliasPool: Partial<CreateUserPoolCommandInput> = { AliasAttributes: ['email'] }

const known = (userAttributes: object, more: object = {}) =>
  answering({ userAttributes, finalUserStatus: 'CONFIRMED', messageAction: 'SUPPRESS', ...more })

for (const engine of engines) {
  describe(`UserMigration under attack on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    function given(handler: Handler, existence: 'LEGACY' | 'ENABLED' = 'LEGACY', pool = {}) {
      const client = { PreventUserExistenceErrors: existence }
      return givenPoolWithEvery(server(), endpoint, { UserMigration: handler }, { pool, client })
    }

    const givenVictim = (poolId: string) =>
      givenUser(server(), poolId, 'victim', { attributes: attributeList({ email, email_verified: 'true' }) })

    async function answersTo(clientId: string, names: readonly string[]): Promise<string[]> {
      const answers: string[] = []
      for (const name of names) {
        const answer = await signInByPassword(server(), clientId, name, 'a guess').then(
          () => 'ok',
          (error: Error) => error.message,
        )
        answers.push(answer)
      }
      return answers
    }

    for (const existence of ['LEGACY', 'ENABLED'] as const) {
      it(`limits guesses at the passwords of the system that users come from, with PreventUserExistenceErrors ${existence}`, async () => {
        const { clientId, triggers } = await given(answering({}), existence)
        const answers = await answersTo(clientId, Array<string>(8).fill('ana'))
        assert.deepEqual(new Set(answers.slice(0, 5)).size, 1)
        assert.deepEqual(answers.slice(5), Array(3).fill(locked.message))
        assert.equal(triggers.fired.filter((source) => source === migration).length, 5)
        server().clock.advance(1100)
        await answersTo(clientId, ['ana', 'ana'])
        assert.equal(triggers.fired.filter((source) => source === migration).length, 6)
      })
    }

    it('limits guesses that are made simultaneously', async () => {
      const { clientId, triggers } = await given(answering({}), 'ENABLED')
      await outcomes(Array.from({ length: 20 }, () => signInByPassword(server(), clientId, 'ana', 'a guess')))
      assert.equal(triggers.fired.filter((source) => source === migration).length, 5)
    })

    it('counts guesses for all spellings of a name together', async () => {
      const { clientId, triggers } = await given(answering({}), 'ENABLED')
      const spellings = ['ana', 'Ana', 'aNa', 'ANA', 'anA', 'ａｎａ', 'áñå', 'A\u0308na']
      assert.deepEqual((await answersTo(clientId, spellings)).slice(5), Array(3).fill(locked.message))
      await answersTo(clientId, ['ana ', ' ana', 'a\u0000na', 'a'.repeat(129)])
      assert.equal(triggers.fired.filter((source) => source === migration).length, 5)
    })

    it('answers and locks alike for users and unknown names, where the client hides which users exist', async () => {
      const { poolId, clientId } = await given(() => assert.fail('Bad password'), 'ENABLED')
      await givenVictim(poolId)
      const stranger = await answersTo(clientId, Array<string>(7).fill('stranger'))
      assert.deepEqual(stranger, await answersTo(clientId, Array<string>(7).fill('victim')))
      assert.equal(stranger[0], wrong.message)
    })

    it('requires a password reset only from a client that knew the old password', async () => {
      const handler: Handler = (event) =>
        event.request.password === oldPassword ? answering({ userAttributes: { email }, messageAction: 'SUPPRESS' })(event) : event
      const { clientId } = await given(handler, 'ENABLED')
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'a guess'), wrong)
      await assert.rejects(signInByPassword(server(), clientId, 'ana', oldPassword), { name: 'PasswordResetRequiredException' })
    })

    it('does not take an alias from another user', async () => {
      const { poolId, clientId } = await given(known({ email, email_verified: 'true' }), 'LEGACY', aliasPool)
      await givenVictim(poolId)
      await assert.rejects(signInByPassword(server(), clientId, 'thief', oldPassword), badAnswer)
      await assert.rejects(adminGet(server(), poolId, 'thief'), { name: 'UserNotFoundException' })
      assert.equal((await adminGet(server(), poolId, email)).Username, 'victim')
      await givenTokens(server(), clientId, email)
    })

    it('moves an alias when the trigger function asks for it', async () => {
      const handler = known({ email, email_verified: 'true' }, { forceAliasCreation: true })
      const { poolId, clientId } = await given(handler, 'LEGACY', aliasPool)
      await givenVictim(poolId)
      await givenTokens(server(), clientId, 'ana', oldPassword)
      assert.equal((await adminGet(server(), poolId, email)).Username, 'ana')
      assert.equal((await adminGet(server(), poolId, 'victim')).attributes['email_verified'], 'false')
    })

    for (const forceAliasCreation of [false, true]) {
      it(`does not take over another user’s username ${forceAliasCreation ? 'with' : 'without'} forceAliasCreation`, async () => {
        const { poolId, clientId } = await given(known({ username: 'victim' }, { forceAliasCreation }))
        const { sub } = await givenVictim(poolId)
        for (const password of [oldPassword, goodPassword]) {
          await assert.rejects(signInByPassword(server(), clientId, 'thief', password), badAnswer)
        }
        assert.equal((await adminGet(server(), poolId, 'victim')).attributes['sub'], sub)
        await assert.rejects(givenTokens(server(), clientId, 'victim', oldPassword), wrong)
        await givenTokens(server(), clientId, 'victim')
      })

      it(`does not take over another user, in a pool whose usernames are addresses, ${forceAliasCreation ? 'with' : 'without'} forceAliasCreation`, async () => {
        const pool = { UsernameAttributes: ['email' as const] }
        const { poolId, clientId } = await given(known({ username: email, email }, { forceAliasCreation }), 'LEGACY', pool)
        await givenUser(server(), poolId, email)
        await assert.rejects(signInByPassword(server(), clientId, 'thief@example.test', oldPassword), badAnswer)
        await givenTokens(server(), clientId, email)
      })
    }

    it('is not invoked for an existing user who types a wrong password', async () => {
      const { poolId, clientId, triggers } = await given(known({ email }))
      await givenVictim(poolId)
      await assert.rejects(signInByPassword(server(), clientId, 'victim', oldPassword), wrong)
      assert.ok(!triggers.fired.includes(migration))
    })

    it('creates one user for many simultaneous sign-ins, and is invoked once', async () => {
      const { poolId, clientId, triggers } = await given(known({ email }))
      const signIns = Array.from({ length: 6 }, () => signInByPassword(server(), clientId, 'ana', oldPassword))
      assert.deepEqual(await outcomes(signIns), Array(6).fill('ok'))
      assert.equal(triggers.fired.filter((source) => source === migration).length, 1)
      assert.equal((await server().send(new ListUsersCommand({ UserPoolId: poolId }))).Users?.length, 1)
    })

    it('creates one user when simultaneous calls migrate one name; no call fails because another created the user', async () => {
      let waiting = 0
      let release = () => {}
      const allAsked = new Promise<void>((resolve) => {
        release = resolve
      })
      const handler: Handler = async (event) => {
        waiting += 1
        if (waiting === 4) release()
        await allAsked
        return known({ email, email_verified: 'true' })(event)
      }
      const { poolId, clientId } = await given(handler)
      const forgot = () => server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      const arrivals = [forgot(), forgot(), forgot(), signInByPassword(server(), clientId, 'ana', oldPassword)]
      // Any of the calls may create the user. Only the sign-in brings a password. When another call created the user, the user has to reset
      // the password, so the sign-in fails.
      const failed = (await outcomes(arrivals)).filter((outcome) => outcome !== 'ok')
      if (failed.length > 0) assert.deepEqual(failed, ['PasswordResetRequiredException'])
      assert.equal((await server().send(new ListUsersCommand({ UserPoolId: poolId }))).Users?.length, 1)
    })
  })
}
