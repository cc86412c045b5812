import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteUserCommand, AdminUpdateUserAttributesCommand } from '@aws-sdk/client-cognito-identity-provider'
import fc from 'fast-check'
import { engines } from '../../../support/engines.ts'
import { finishNames, type Names, planNames, requireExactNames, startNames, undoNames } from '../../../support/name-changes.ts'
import { describeChange } from '../../../support/schema-changes.ts'
import { givenUser } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { until } from '../../../support/until.ts'
import { adminRename, givenChangingPool } from '../../../support/usernames.ts'

const username = fc.constantFrom('ana', 'Ana', 'ben', 'Ben', 'cleo', 'dan', 'eve@example.test')
const email = fc.record({
  Value: fc.constantFrom('one@example.test', 'ONE@example.test', 'two@example.test', 'three@example.test', 'eve@example.test'),
  isVerified: fc.boolean(),
})
const settings = fc.record({
  kind: fc.constantFrom('none', 'alias', 'username'),
  ignoresCase: fc.boolean(),
})
const user = fc.record({ name: username, address: fc.option(email) })
const write = fc.record({ what: fc.constantFrom('create', 'address', 'rename', 'delete'), user, other: username })
const scenario = fc.record({
  before: settings,
  after: settings,
  users: fc.array(user, { minLength: 2, maxLength: 5 }),
  writes: fc.array(write, { minLength: 2, maxLength: 10 }),
  isUndone: fc.boolean(),
})
type Settings = typeof settings extends fc.Arbitrary<infer S> ? S : never
type Write = typeof write extends fc.Arbitrary<infer S> ? S : never

const scenarios = fc
  .sample(scenario, { seed: 20_261_130, numRuns: 60 })
  .filter(({ before, after }) => before.kind !== after.kind || before.ignoresCase !== after.ignoresCase)
  .slice(0, 24)

const namesOf = ({ kind, ignoresCase }: Settings): Names => ({
  UsernameAttributes: kind === 'username' ? ['email'] : [],
  AliasAttributes: kind === 'alias' ? ['email'] : [],
  UsernameConfiguration: { CaseSensitive: !ignoresCase },
})

const attributesOf = (address: { Value: string; isVerified: boolean } | null) =>
  address === null
    ? []
    : [
        { Name: 'email', Value: address.Value },
        { Name: 'email_verified', Value: String(address.isVerified) },
      ]

/** What a request about names may be refused for, at any time. */
const expected = [
  'UsernameExistsException',
  'AliasExistsException',
  'InvalidParameterException',
  'UserNotFoundException',
  'LimitExceededException',
]

for (const engine of engines) {
  describe(`Random changes of names, with requests beside them, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function tolerate(request: Promise<unknown>): Promise<void> {
      await request.catch((error: Error) => assert.ok(expected.includes(error.name), `${error.name}: ${error.message}`))
    }

    function send(UserPoolId: string, { what, user: { name, address }, other }: Write): Promise<unknown> {
      const key = { UserPoolId, Username: name }
      if (what === 'create') return givenUser(server(), UserPoolId, address?.Value ?? name, { attributes: attributesOf(address) })
      if (what === 'rename') return adminRename(server(), UserPoolId, name, other)
      if (what === 'delete') return server().send(new AdminDeleteUserCommand(key))
      return server().send(new AdminUpdateUserAttributesCommand({ ...key, UserAttributes: attributesOf(address) }))
    }

    for (const [number, { before, after, users, writes, isUndone }] of scenarios.entries()) {
      const text = `${JSON.stringify(before)} to ${JSON.stringify(after)}`
      it(`store exactly the names that count, in scenario ${number}: ${text}`, async () => {
        const { UsernameAttributes = [], AliasAttributes = [], UsernameConfiguration } = namesOf(before)
        const pool = { UsernameAttributes, AliasAttributes, UsernameConfiguration } as object
        const { poolId } = await givenChangingPool(server(), { pool }, { ChangeableBy: 'ADMINISTRATORS', KeepFormerDays: number % 2 })
        for (const each of users) await tolerate(send(poolId, { what: 'create', user: each, other: 'ana' }))
        const wanted = { ...namesOf(after), MissingNames: number % 3 === 0 ? 'REPORT' : 'REFUSE' } as const
        const { Possible } = await planNames(server(), poolId, wanted)
        if (!Possible) {
          await assert.rejects(startNames(server(), poolId, wanted), /has conflicts/)
          return requireExactNames(server(), poolId)
        }
        const half = Math.floor(writes.length / 2)
        // A write before the start can bring a conflict.
        const start = startNames(server(), poolId, wanted).then(
          () => true,
          (error: Error) => assert.match(error.message, /has conflicts/),
        )
        const [isStarted] = await Promise.all([start, ...writes.slice(0, half).map((one) => tolerate(send(poolId, one)))])
        if (!isStarted) return requireExactNames(server(), poolId)
        const { State } = await until(
          'the change is switched or has failed',
          () => describeChange(server(), poolId),
          (change) => ['SWITCHED', 'FAILED'].includes(change.State),
        )
        if (half === 0) assert.equal(State, 'SWITCHED')
        await requireExactNames(server(), poolId, { hasOthers: true })
        const end = State === 'FAILED' ? undefined : isUndone ? undoNames(server(), poolId) : finishNames(server(), poolId)
        await Promise.all([end, ...writes.slice(half).map((one) => tolerate(send(poolId, one)))])
        await requireExactNames(server(), poolId)
      })
    }
  })
}
