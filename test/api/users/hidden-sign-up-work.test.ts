import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { givenHidingSignUps, hidingSection, type SignUpKind, signUpKinds } from '../../support/hidden-sign-ups.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { rawCall } from '../../support/raw-call.ts'
import { recordSpans, workOf } from '../../support/recorded-spans.ts'
import { attributeList, type PoolAndClient } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../support/user-triggers.ts'

const spans = recordSpans()

/** What the server does for a free name, and for taken ones: the owner gets a message, has had one this hour, gets none, is unconfirmed. */
async function worksOf(server: TestServer, ids: PoolAndClient, { nameOf, typedBy }: Pick<SignUpKind, 'nameOf' | 'typedBy'>) {
  const create = (index: number, typed = typedBy(index)) =>
    givenUser(server, ids.poolId, nameOf(index).toLowerCase(), { attributes: attributeList(typed), password: 'Other-horse-8' })
  const requestOf = (index: number) => ({ Username: nameOf(index), UserAttributes: attributeList(typedBy(index)) })
  const run = async (operation: string, more: object) => {
    const work = await workOf(spans, (headers) => rawCall(server, operation, { ClientId: ids.clientId, ...more }, headers))
    // The owner may get an e-mail where a new user would get an SMS.
    return work.map((name) => name.replace(/^queue (email|sms)$/, 'queue a message'))
  }
  const signUp = (index: number) => run('SignUp', { Password: goodPassword, ...requestOf(index) })
  const AuthParameters = { USERNAME: nameOf(2), PASSWORD: goodPassword }
  const follow = async (index: number) => ({
    wrongCode: await run('ConfirmSignUp', { Username: nameOf(index), ConfirmationCode: '000000' }),
    resend: await run('ResendConfirmationCode', { Username: nameOf(index) }),
    signIn: await run('InitiateAuth', { AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { ...AuthParameters, USERNAME: nameOf(index) } }),
  })
  await create(3)
  await create(4)
  await create(5, {})
  // The first round fills the caches.
  for (const index of [1, 3]) await signUp(index)
  const [free, told, toldBefore, stranger, again] = [await signUp(2), await signUp(4), await signUp(4), await signUp(5), await signUp(2)]
  for (const index of [2, 4]) await follow(index)
  return { free, told, toldBefore, stranger, again, followFree: await follow(2), followTaken: await follow(4) }
}

for (const engine of engines) {
  describe(`The work of a sign-up that hides which users exist, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    for (const [title, { pool, ...kind }] of Object.entries(signUpKinds)) {
      it(`is the same for a free name and for a taken one, in a pool with ${title}`, async () => {
        const ids = await givenHidingSignUps(server(), { pool })
        const { free, followFree, followTaken, ...taken } = await worksOf(server(), ids, kind)
        assert.ok(free.filter((name) => name === 'transaction').length === 1, String(free))
        for (const [who, work] of Object.entries(taken)) assert.deepEqual(work, free, who)
        assert.deepEqual(followTaken, followFree)
      })
    }

    it('is the same in a pool with threat protection and trigger functions', async () => {
      const client = { PreventUserExistenceErrors: 'ENABLED' as const }
      const pool = { AutoVerifiedAttributes: ['email' as const], UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' as const } }
      const { triggers, ...ids } = await givenPoolWithEvery(server(), endpoint, {}, { pool, client })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, SignUp: hidingSection })
      const { usernames } = signUpKinds
      assert.ok(usernames)
      const { free, told, toldBefore, stranger, again } = await worksOf(server(), ids, usernames)
      assert.deepEqual({ told, toldBefore, stranger, again }, { told: free, toldBefore: free, stranger: free, again: free })
      assert.ok(triggers.fired.includes('PreSignUp_SignUp'))
    })
  })
}
