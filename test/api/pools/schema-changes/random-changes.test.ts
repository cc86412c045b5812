import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteUserAttributesCommand, AdminUpdateUserAttributesCommand } from '@aws-sdk/client-cognito-identity-provider'
import fc from 'fast-check'
import { engines } from '../../../support/engines.ts'
import { type Change, customOf, finishChange, switchTo, undoChange, untilState } from '../../../support/schema-changes.ts'
import { givenUser } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'

const names = ['a', 'b', 'c', 'd']
type Values = Readonly<Record<string, string>>

/** What happens to each attribute. `keep` is no change. */
const fate = fc.constantFrom('keep', 'rename', 'remove', 'fill', 'rename and fill')
const value = fc.integer({ min: 0, max: 999 }).map(String)
const given = fc.array(fc.option(value), { minLength: names.length, maxLength: names.length })
const write = fc.record({
  user: fc.nat(2),
  name: fc.nat(names.length - 1),
  value: fc.option(value),
  usesOldName: fc.boolean(),
})
const scenario = fc.record({
  fates: fc.array(fate, { minLength: names.length, maxLength: names.length }).filter((all) => all.some((one) => one !== 'keep')),
  users: fc.array(given, { minLength: 3, maxLength: 3 }),
  answersOldNames: fc.boolean(),
  writes: fc.array(write, { maxLength: 8 }),
  isUndone: fc.boolean(),
})
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never

const scenarios = fc.sample(scenario, { seed: 20_260_101, numRuns: 8 })
const fillers = '1000'

const isRenamed = (one: string | undefined) => one?.startsWith('rename') === true
const isFilled = (one: string | undefined) => one?.endsWith('fill') === true
const oldNameOf = (at: number) => `custom:${names[at]}`
const newNameOf = ({ fates }: Scenario, at: number) => (isRenamed(fates[at]) ? `custom:new-${names[at]}` : oldNameOf(at))

function changesOf({ fates }: Scenario): readonly Change[] {
  return fates.flatMap((one, at) => {
    if (one === 'keep') return []
    if (one === 'remove') return [{ Attribute: oldNameOf(at), Remove: true }]
    const change: Record<string, unknown> & { Attribute: string } = { Attribute: oldNameOf(at) }
    if (isRenamed(one)) change['NewName'] = `custom:new-${names[at]}`
    if (isFilled(one)) Object.assign(change, { Required: true, DefaultValue: fillers, AttributeDataType: 'Number' })
    return [change]
  })
}

/** What a user has after the switch, by what the user had before it, at the place of each name. */
function afterSwitch(of: Scenario, values: readonly (string | null)[], { showsOld }: { showsOld: boolean }): Values {
  const visible: Record<string, string> = {}
  for (const [at, one] of of.fates.entries()) {
    const own = values[at] ?? (isFilled(one) ? fillers : undefined)
    if (own === undefined || one === 'remove') continue
    visible[newNameOf(of, at)] = own
    if (showsOld && isRenamed(one)) visible[oldNameOf(at)] = own
  }
  return visible
}

const afterUndo = (values: readonly (string | null)[]): Values =>
  Object.fromEntries(values.flatMap((own, at) => (own === null || own === undefined ? [] : [[oldNameOf(at), own]])))

for (const engine of engines) {
  describe(`Random schema changes on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const [number, of] of scenarios.entries()) {
      it(`keep every value, in scenario ${number}: ${of.fates.join(', ')}; ${of.isUndone ? 'undone' : 'finished'}`, async () => {
        const Schema = names.map((Name) => ({ Name, AttributeDataType: 'String', Mutable: true }) as const)
        const { poolId: UserPoolId } = await server().givenPool({ pool: { Schema } })
        const users = of.users.map((values) => [...values])
        for (const [user, values] of users.entries()) {
          const attributes = Object.entries(afterUndo(values)).map(([Name, Value]) => ({ Name, Value }))
          await givenUser(server(), UserPoolId, `user-${user}`, { attributes })
        }
        const requireAll = async (expected: (values: readonly (string | null)[]) => Values) => {
          for (const [user, values] of users.entries()) {
            assert.deepEqual(await customOf(server(), UserPoolId, `user-${user}`), expected(values))
          }
        }
        await switchTo(server(), UserPoolId, changesOf(of), { OldNamesHours: of.answersOldNames ? 1 : 0 })
        await requireAll((values) => afterSwitch(of, values, { showsOld: of.answersOldNames }))
        for (const { user, name: at, value: Value, usesOldName } of of.writes) {
          const one = of.fates[at]
          // A removed attribute cannot be written, and one that is required cannot be removed.
          if (one === 'remove' || (Value === null && isFilled(one))) continue
          const Name = usesOldName && of.answersOldNames ? oldNameOf(at) : newNameOf(of, at)
          const key = { UserPoolId, Username: `user-${user}` }
          if (Value === null) await server().send(new AdminDeleteUserAttributesCommand({ ...key, UserAttributeNames: [Name] }))
          else await server().send(new AdminUpdateUserAttributesCommand({ ...key, UserAttributes: [{ Name, Value }] }))
          const values = users[user]
          if (values !== undefined) values[at] = Value
        }
        await requireAll((values) => afterSwitch(of, values, { showsOld: of.answersOldNames }))
        await (of.isUndone ? undoChange : finishChange)(server(), UserPoolId)
        const expected = (values: readonly (string | null)[]) =>
          of.isUndone ? afterUndo(values) : afterSwitch(of, values, { showsOld: false })
        await requireAll(expected)
        await untilState(server(), UserPoolId, of.isUndone ? 'UNDONE' : 'FINISHED')
        await requireAll(expected)
      })
    }
  })
}
