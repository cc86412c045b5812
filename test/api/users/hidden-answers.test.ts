import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import {
  givenHidingPool,
  givenProvider,
  mfaStates,
  type OperationName,
  operationNames,
  type State,
  states,
  type VisibleAnswer,
  type VisibleAnswers,
  visibleAnswersOf,
} from '../../support/hidden-users.ts'
import type { Values } from '../../support/self-service.ts'
import { useTestServer } from '../../support/test-server.ts'

type Addresses = Readonly<Record<string, (index: number) => Values>>

const email = (index: number) => ({ email: `person-${index}@example.test` })
const phone = (index: number) => ({ phone_number: `+1555000${1000 + index}` })
const both = (index: number) => ({ ...email(index), ...phone(index) })

type PoolKind = {
  readonly pool: Partial<CreateUserPoolCommandInput>
  readonly addresses: Addresses
  readonly mfa?: boolean
  nameOf(index: number): string
  /** The `Username` of the requests, where it differs from the name under which the user was created (`nameOf`). */
  askedAs?(addresses: Values): string
  unknownNameOf(index: number): string
}

const verify = { AutoVerifiedAttributes: ['email', 'phone_number'] } satisfies Partial<CreateUserPoolCommandInput>
const everyAddress: Addresses = { 'no address': () => ({}), 'an e-mail address': email, 'a phone number': phone, both }

const pools: Readonly<Record<string, PoolKind>> = {
  usernames: {
    pool: verify,
    addresses: everyAddress,
    nameOf: (index) => `person-${index}`,
    unknownNameOf: (index) => `stranger-${index}`,
  },
  'usernames and recovery by e-mail': {
    pool: {
      AutoVerifiedAttributes: ['phone_number'],
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] },
    },
    addresses: everyAddress,
    nameOf: (index) => `person-${index}`,
    unknownNameOf: (index) => `stranger-${index}`,
  },
  'usernames and second factors': {
    pool: {
      ...verify,
      AccountRecoverySetting: {
        RecoveryMechanisms: [
          { Name: 'verified_phone_number', Priority: 1 },
          { Name: 'verified_email', Priority: 2 },
        ],
      },
    },
    mfa: true,
    addresses: { both },
    nameOf: (index) => `person-${index}`,
    unknownNameOf: (index) => `stranger-${index}`,
  },
  'addresses as usernames': {
    pool: { ...verify, UsernameAttributes: ['email', 'phone_number'] },
    addresses: { 'an e-mail address': email, both },
    nameOf: (index) => email(index).email,
    unknownNameOf: (index) => `stranger-${index}@example.test`,
  },
  'addresses as aliases': {
    pool: { ...verify, AliasAttributes: ['email', 'phone_number'] },
    addresses: everyAddress,
    nameOf: (index) => `person-${index}`,
    unknownNameOf: (index) => `stranger-${index}`,
  },
  'addresses as aliases, which the requests use': {
    pool: { ...verify, AliasAttributes: ['email', 'phone_number'] },
    addresses: { 'an e-mail address': email, 'a phone number': phone, both },
    nameOf: (index) => `person-${index}`,
    askedAs: (addresses) => addresses['phone_number'] ?? addresses['email'] ?? '',
    unknownNameOf: (index) => (index % 2 === 0 ? `stranger-${index}@example.test` : `+1555999${1000 + index}`),
  },
  'addresses as usernames, which the requests write in capital letters': {
    pool: { ...verify, UsernameAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false } },
    addresses: { 'an e-mail address': email },
    nameOf: (index) => email(index).email,
    askedAs: (addresses) => (addresses['email'] ?? '').toUpperCase(),
    unknownNameOf: (index) => `STRANGER-${index}@EXAMPLE.TEST`,
  },
}

/** The parts of an answer that two users may have in common. Of the destination, only whether its text is in lower case. */
const kindOf = ({ medium, destination, choices, error }: VisibleAnswer) =>
  JSON.stringify([medium, destination === destination?.toLowerCase(), choices, error])

/** One text for each pair of `operations`: the names of both, each with the kind of its answer. Equal texts mean equal kinds of answers. */
function pairsOf(sights: VisibleAnswers, operations: readonly OperationName[]): string[] {
  return operations.flatMap((one, at) =>
    operations.slice(at).map((other) => `${one} ${kindOf(sights[one])}, ${other} ${kindOf(sights[other])}`),
  )
}

/** Asserts that the answers of `operations` do not contradict each other: one destination for each medium, and one list of choices. */
function requireAgreement(sights: VisibleAnswers, operations: readonly OperationName[], who: string): void {
  const destinations = new Map<string, Set<string>>()
  const choices = new Set<string>()
  for (const operation of operations) {
    const { medium, destination, choices: offered } = sights[operation]
    if (medium !== undefined) destinations.set(medium, (destinations.get(medium) ?? new Set()).add(destination ?? ''))
    if (offered !== undefined) choices.add(offered)
  }
  for (const [medium, shown] of destinations) assert.equal(shown.size, 1, `${who}: ${medium} to ${[...shown].join(' and ')}`)
  assert.ok(choices.size <= 1, `${who}: ${[...choices].join(' and ')}`)
}

/** At the start of a sign-in, Cognito reveals that users in these states exist, even if the client hides which users exist. */
const revealedStates = ['to be reset', 'disabled']
const hiddenOperations: readonly OperationName[] = ['ForgotPassword', 'ResendConfirmationCode']

/** The most unknown names that a test tries. It stops earlier once unknown names have got every pair of answers that users got. */
const mostUnknownNames = 2_000

for (const engine of engines) {
  describe(`Answers that hide which users exist, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const [kind, { pool, mfa, addresses, nameOf, askedAs, unknownNameOf }] of Object.entries(pools)) {
      it(`from two operations do not contradict each other, and an unknown name can get each pair of them that a user gets, in a pool with ${kind}`, async () => {
        const ids = await givenHidingPool(server(), pool, mfa)
        await givenProvider(server(), ids.poolId)
        const unmatched = new Map<string, string>()
        const cases: readonly (readonly [string, State])[] = Object.entries(mfa === undefined ? states : { ...states, ...mfaStates })
        let index = 0
        for (const [state, enter] of cases) {
          for (const [had, make] of Object.entries(addresses)) {
            const own = make(++index)
            const name = nameOf(index)
            await enter(server(), ids, name, own)
            const who = `${state}, with ${had}`
            const operations = revealedStates.includes(state) ? hiddenOperations : operationNames
            const sights = await visibleAnswersOf(server(), ids.clientId, askedAs?.(own) ?? name)
            requireAgreement(sights, operations, who)
            for (const operation of operations) assert.equal(sights[operation].error, undefined, `${who}: ${operation}`)
            for (const pair of pairsOf(sights, operations)) unmatched.set(pair, who)
          }
        }
        for (let first = 0; first < mostUnknownNames && unmatched.size > 0; first += 10) {
          const unknownNames = Array.from({ length: 10 }, (_, more) => unknownNameOf(first + more))
          for (const sights of await Promise.all(unknownNames.map((name) => visibleAnswersOf(server(), ids.clientId, name)))) {
            requireAgreement(sights, operationNames, 'an unknown name')
            for (const pair of pairsOf(sights, operationNames)) unmatched.delete(pair)
          }
        }
        assert.deepEqual([...unmatched], [])
      })
    }
  })
}
