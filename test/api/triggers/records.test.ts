import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteUserCommand, DeleteUserPoolCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { sql } from 'kysely'
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts'
import { sweepInvocations } from '../../../src/triggers/invocations/invocation-repository.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { rawCall } from '../../support/raw-call.ts'
import { givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { agree, givenPoolWith, refuse } from '../../support/sign-in-triggers.ts'
import { sweepDeletionsOf } from '../../support/sweep-deletions.ts'
import { startTestServer, useTestServer } from '../../support/test-server.ts'
import { type Handler, openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { listAuditRecords } from '../audit/audited-calls.ts'

type Handlers = Partial<Record<'PreAuthentication' | 'PostAuthentication' | 'PreTokenGeneration', Handler>>
type Invocation = Readonly<Record<string, unknown>> & { readonly InvocationId: string; readonly Event: string; readonly Answer: string }
type Page = { readonly Invocations: readonly Invocation[]; readonly NextToken?: string }

const all: Handlers = { PreAuthentication: agree, PostAuthentication: agree, PreTokenGeneration: agree }
const triggersOf = ({ Invocations }: Page) => Invocations.map(({ Trigger }) => Trigger)

/** Names under which callers and functions keep secrets, and some names of values that are not secret. */
const metadata = {
  captchaToken: 'm-1',
  newPassword: 'n-1',
  kind: 'web',
  otp: '1',
  emailOtp: '2',
  mfaCode: '3',
  verification_code: '4',
  countryCode: 'NZ',
  PIN: '5',
  pass: '6',
  db_pass: '7',
  userPass: '8',
  adminPwd: '9',
  secretAnswer: '10',
  security_answer: '11',
  bypass: 'no',
  compass: 'north',
}

for (const engine of engines) {
  describe(`Records of invocations on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const database = await engine.createDatabase()
    const server = useTestServer({ name: engine.name, createDatabase: async () => database }, { flags: endpoint.flags })

    async function given(handlers: Handlers = all) {
      const triggers = endpoint.given(handlers)
      const ids = await givenPoolWith(server(), triggers)
      return { ...ids, ...(await givenUser(server(), ids.poolId, 'ana')), triggers }
    }

    const list = (UserPoolId: string, more: object = {}): Promise<Page> =>
      callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId, ...more })
    const replay = (UserPoolId: string, InvocationId: string): Promise<{ Invocation: Invocation }> =>
      callLifeguard(server(), 'ReplayTriggerInvocation', { UserPoolId, InvocationId })

    async function inDatabase<Result>(work: (storage: Storage) => Promise<Result>): Promise<Result> {
      const storage = await openStorage({ url: database.url, poolSize: 1 })
      try {
        return await work(storage)
      } finally {
        await storage.close()
      }
    }

    it('show events and answers right after the invocations, newest first', async () => {
      const { poolId, clientId, triggers } = await given()
      await signInByPassword(server(), clientId, 'ana')
      const { Invocations, NextToken } = await list(poolId)
      assert.equal(NextToken, undefined)
      assert.deepEqual(triggersOf({ Invocations }), ['PreTokenGeneration', 'PostAuthentication', 'PreAuthentication'])
      const [newest] = Invocations
      assert.ok(newest !== undefined)
      const { InvocationId, StartedAt, DurationMilliseconds, FunctionArn, Event, Answer, ...rest } = newest
      assert.deepEqual(rest, {
        Trigger: 'PreTokenGeneration',
        TriggerSource: 'TokenGeneration_Authentication',
        Username: 'ana',
        Attempts: 1,
        Outcome: 'SUCCEEDED',
      })
      assert.match(InvocationId, /^[0-9a-f-]{36}$/)
      assert.equal(FunctionArn, triggers.lambdaConfig.PreTokenGenerationConfig?.LambdaArn)
      assert.ok(Math.abs(Number(StartedAt) * 1000 - server().clock.now()) < 60_000)
      assert.ok(Number(DurationMilliseconds) >= 0)
      assert.deepEqual(JSON.parse(Event), triggers.events[2])
      assert.deepEqual(JSON.parse(Answer), triggers.events[2])
    })

    it('are found by trigger, by outcome and by user, in pages', async () => {
      const { poolId, clientId } = await given({ ...all, PostAuthentication: (event) => (event.userName === 'bob' ? refuse() : event) })
      await givenUser(server(), poolId, 'bob')
      for (const name of ['ana', 'bob']) await signInByPassword(server(), clientId, name).catch(() => undefined)
      assert.deepEqual(triggersOf(await list(poolId, { Username: 'bob' })), ['PostAuthentication', 'PreAuthentication'])
      assert.deepEqual(triggersOf(await list(poolId, { Outcome: 'FAILED' })), ['PostAuthentication'])
      assert.equal((await list(poolId, { Trigger: 'PreAuthentication' })).Invocations.length, 2)
      assert.deepEqual(triggersOf(await list(poolId, { Trigger: 'PreAuthentication', Outcome: 'FAILED' })), [])

      const seen: string[] = []
      let page = await list(poolId, { MaxResults: 2 })
      for (;;) {
        seen.push(...page.Invocations.map(({ InvocationId }) => InvocationId))
        if (page.NextToken === undefined) break
        const elsewhere = { UserPoolId: poolId, Username: 'ana', NextToken: page.NextToken }
        assert.equal((await rawCall(server(), 'LifeguardService.ListTriggerInvocations', elsewhere)).status, 400)
        page = await list(poolId, { MaxResults: 2, NextToken: page.NextToken })
      }
      assert.deepEqual(
        seen,
        (await list(poolId)).Invocations.map(({ InvocationId }) => InvocationId),
      )
      assert.equal(seen.length, 5)
    })

    it('show where an answer was wrong', async () => {
      const { poolId, clientId } = await given({
        PreTokenGeneration: (event) => ({ ...event, response: { claimsOverrideDetails: 'all' } }),
      })
      await assert.rejects(signInByPassword(server(), clientId, 'ana'))
      const [failed] = (await list(poolId)).Invocations
      assert.deepEqual(failed?.['Error'], {
        Kind: 'ANSWER',
        Message: 'response.claimsOverrideDetails: expected an object, found text',
        Path: 'response.claimsOverrideDetails',
        Expected: 'an object',
        Found: 'text',
      })
    })

    it('hold no secret of an event or an answer, and are not readable in the database', async () => {
      const secrets = { password: 'pw-1', code: 'c-1', challengeAnswer: 'a-1', accessToken: 't-1', client_secret: 's-1' }
      const handler: Handler = (event) => ({
        ...event,
        response: {
          ...secrets,
          facts: metadata,
          privateChallengeParameters: { any: 'p-1' },
          nested: [{ id_token: 'i-1', codeParameter: '{####}' }],
        },
      })
      const { poolId, clientId } = await given({ PreAuthentication: handler })
      const request = { AuthFlow: 'USER_PASSWORD_AUTH', ClientId: clientId, ClientMetadata: metadata }
      const { status } = await rawCall(server(), 'InitiateAuth', {
        ...request,
        AuthParameters: { USERNAME: 'ana', PASSWORD: goodPassword },
      })
      assert.equal(status, 200)
      const [{ Event, Answer } = { Event: '', Answer: '' }] = (await list(poolId)).Invocations
      const names = Object.keys(metadata).filter((name) => !['kind', 'countryCode', 'bypass', 'compass'].includes(name))
      const masked = { ...metadata, ...Object.fromEntries(names.map((name) => [name, '***'])) }
      assert.deepEqual(JSON.parse(Event).request.validationData, Object.fromEntries(Object.keys(metadata).map((name) => [name, '***'])))
      assert.deepEqual(JSON.parse(Answer).response, {
        password: '***',
        code: '***',
        challengeAnswer: '***',
        accessToken: '***',
        client_secret: '***',
        facts: masked,
        privateChallengeParameters: { any: '***' },
        nested: [{ id_token: '***', codeParameter: '{####}' }],
      })
      const { rows } = await inDatabase(({ db }) => sql`select details from trigger_invocation where pool_id = ${poolId}`.execute(db))
      assert.equal(rows.length, 1)
      // Words that are too long to appear in sealed text by chance.
      assert.equal(/PreAuthentication|validationData|countryCode/.test(JSON.stringify(rows)), false)
    })

    it('lack only an answer that is nested too deep; the records of other functions are complete', async () => {
      let nested: object = {}
      for (let depth = 0; depth < 4000; depth++) nested = { nested }
      const { poolId, clientId } = await given({ ...all, PostAuthentication: (event) => ({ ...event, nested }) })
      await signInByPassword(server(), clientId, 'ana')
      const { Invocations } = await list(poolId)
      assert.deepEqual(
        Invocations.map(({ Trigger, Answer }) => [Trigger, typeof Answer]),
        [
          ['PreTokenGeneration', 'string'],
          ['PostAuthentication', 'undefined'],
          ['PreAuthentication', 'string'],
        ],
      )
    })

    it('are replayed with the current function; each replay leaves a record of its own and an audit record', async () => {
      let answer: Handler = refuse
      const { poolId, clientId, triggers } = await given({ PreAuthentication: (event) => answer(event) })
      await assert.rejects(signInByPassword(server(), clientId, 'ana'))
      const [failed] = (await list(poolId)).Invocations
      assert.ok(failed !== undefined)
      const again = await replay(poolId, failed.InvocationId)
      assert.equal(again.Invocation['Outcome'], 'FAILED')
      answer = agree
      const { Invocation: mended } = await replay(poolId, failed.InvocationId)
      assert.deepEqual([mended['Outcome'], mended['ReplayOf'], mended['Username']], ['SUCCEEDED', failed.InvocationId, 'ana'])
      const records = await listAuditRecords(server(), { UserPoolId: poolId, Operation: 'ReplayTriggerInvocation' })
      assert.deepEqual(
        records.map(({ Subject }) => Subject),
        Array(2).fill(failed.InvocationId),
      )
      assert.notEqual(mended.InvocationId, failed.InvocationId)
      assert.deepEqual(triggers.events[2], triggers.events[0])
      assert.equal(triggers.fired.length, 3)
      assert.deepEqual((await list(poolId)).Invocations[0], mended)

      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId }))
      const gone = await rawCall(server(), 'LifeguardService.ReplayTriggerInvocation', {
        UserPoolId: poolId,
        InvocationId: failed.InvocationId,
      })
      assert.equal(gone.body['message'], 'The user pool has no PreAuthentication trigger.')
    })

    it('cannot be read or replayed through another pool', async () => {
      const [one, other] = [await given(), await given()]
      await signInByPassword(server(), one.clientId, 'ana')
      assert.deepEqual((await list(other.poolId)).Invocations, [])
      const [known] = (await list(one.poolId)).Invocations
      const request = { UserPoolId: other.poolId, InvocationId: known?.InvocationId }
      const { body } = await rawCall(server(), 'LifeguardService.ReplayTriggerInvocation', request)
      assert.equal(body['__type'], 'ResourceNotFoundException')
      assert.equal(other.triggers.fired.length, 0)
    })

    it('are deleted with their user, and with their pool', async () => {
      const { poolId, clientId } = await given()
      await givenUser(server(), poolId, 'bob')
      for (const name of ['ana', 'bob']) await signInByPassword(server(), clientId, name)
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      const left = (await list(poolId)).Invocations
      assert.deepEqual(new Set(left.map(({ Username }) => Username)), new Set(['bob']))
      assert.equal(left.length, 3)
      await server().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      assert.equal((await rawCall(server(), 'LifeguardService.ListTriggerInvocations', { UserPoolId: poolId })).status, 400)
      await sweepDeletionsOf(server())
      const { rows } = await inDatabase(({ db }) => sql`select id from trigger_invocation where pool_id = ${poolId}`.execute(db))
      assert.equal(rows.length, 0)
    })

    it('survive a restart, and are swept after their lifetime', async () => {
      const { poolId, clientId } = await given()
      await signInByPassword(server(), clientId, 'ana')
      await server().restart()
      assert.equal((await list(poolId)).Invocations.length, 3)
      const sweep = (before: number) => inDatabase(({ db }) => db.transaction().execute((tx) => sweepInvocations(tx, before, 1000)))
      await sweep(server().clock.now() - 3_600_000)
      assert.equal((await list(poolId)).Invocations.length, 3)
      assert.ok((await sweep(server().clock.now() + 1)) >= 3)
      assert.deepEqual((await list(poolId)).Invocations, [])
    })

    it('are not stored when --trigger-records-hours is 0', async () => {
      await using other = await startTestServer(engine, { flags: [...endpoint.flags, '--trigger-records-hours', '0'] })
      const { poolId, clientId } = await givenPoolWith(other, endpoint.given(all))
      await givenUser(other, poolId, 'ana')
      await signInByPassword(other, clientId, 'ana')
      const { body } = await rawCall(other, 'LifeguardService.ListTriggerInvocations', { UserPoolId: poolId })
      assert.deepEqual(body, { Invocations: [] })
    })
  })
}
