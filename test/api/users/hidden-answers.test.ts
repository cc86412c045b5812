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
  /** What the user is called in the requests, if not by their name. */
  askedAs?(addresses: Values): string
  strangerOf(index: number): string
}

const verify = { AutoVerifiedAttributes: ['email', 'phone_number'] } satisfies Partial<CreateUserPoolCommandInput>
const everyAddress: Addresses = { 'no address': () => ({}), 'an e-mail address': email, 'a phone number': phone, both }

const pools: Readonly<Record<string, PoolKind>> = {
  'names of their own': {
    pool: verify,
    addresses: everyAddress,
    nameOf: (index) => `person-${index}`,
    strangerOf: (index) => `stranger-${index}`,
  },
  'names of their own, recovered by e-mail': {
    pool: {
      AutoVerifiedAttributes: ['phone_number'],
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] },
    },
    addresses: everyAddress,
    nameOf: (index) => `person-${index}`,
    strangerOf: (index) => `stranger-${index}`,
  },
  'names of their own, and second factors': {
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
    strangerOf: (index) => `stranger-${index}`,
  },
  'addresses for names': {
    pool: { ...verify, UsernameAttributes: ['email', 'phone_number'] },
    addresses: { 'an e-mail address': email, both },
    nameOf: (index) => email(index).email,
    strangerOf: (index) => `stranger-${index}@example.test`,
  },
  'addresses for aliases': {
    pool: { ...verify, AliasAttributes: ['email', 'phone_number'] },
    addresses: everyAddress,
    nameOf: (index) => `person-${index}`,
    strangerOf: (index) => `stranger-${index}`,
  },
  'aliases, and are called by them': {
    pool: { ...verify, AliasAttributes: ['email', 'phone_number'] },
    addresses: { 'an e-mail address': email, 'a phone number': phone, both },
    nameOf: (index) => `person-${index}`,
    askedAs: (addresses) => addresses['phone_number'] ?? addresses['email'] ?? '',
    strangerOf: (index) => (index % 2 === 0 ? `stranger-${index}@example.test` : `+1555999${1000 + index}`),
  },
  'addresses for names, and are called in capital letters': {
    pool: { ...verify, UsernameAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false } },
    addresses: { 'an e-mail address': email },
    nameOf: (index) => email(index).email,
    askedAs: (addresses) => (addresses['email'] ?? '').toUpperCase(),
    strangerOf: (index) => `STRANGER-${index}@EXAMPLE.TEST`,
  },
}

/** An answer by its kind, without what differs between any two people. */
const kindOf = ({ medium, destination, choices, error }: VisibleAnswer) =>
  JSON.stringify([medium, destination === destination?.toLowerCase(), choices, error])

/** Every pair of answers, by their kinds. */
function pairsOf(sights: VisibleAnswers, told: readonly OperationName[]): string[] {
  return told.flatMap((one, at) => told.slice(at).map((other) => `${one} ${kindOf(sights[one])}, ${other} ${kindOf(sights[other])}`))
}

/** That no two answers contradict each other. */
function requireAgreement(sights: VisibleAnswers, told: readonly OperationName[], who: string): void {
  const destinations = new Map<string, Set<string>>()
  const choices = new Set<string>()
  for (const operation of told) {
    const { medium, destination, choices: offered } = sights[operation]
    if (medium !== undefined) destinations.set(medium, (destinations.get(medium) ?? new Set()).add(destination ?? ''))
    if (offered !== undefined) choices.add(offered)
  }
  for (const [medium, shown] of destinations) assert.equal(shown.size, 1, `${who}: ${medium} to ${[...shown].join(' and ')}`)
  assert.ok(choices.size <= 1, `${who}: ${[...choices].join(' and ')}`)
}

/** Cognito tells these at the start of a sign-in, whatever the client hides. */
const toldBeforeAnyProof = ['to be reset', 'disabled']
const hiddenOperations: readonly OperationName[] = ['ForgotPassword', 'ResendConfirmationCode']

/** How many strangers are asked at most until some pair of answers has been seen. */
const manyStrangers = 2_000

for (const engine of engines) {
  describe(`two answers about one name, where users have … on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const [kind, { pool, mfa, addresses, nameOf, askedAs, strangerOf }] of Object.entries(pools)) {
      it(`${kind}: never tell a user from a stranger`, async () => {
        const ids = await givenHidingPool(server(), pool, mfa)
        await givenProvider(server(), ids.poolId)
        const wanted = new Map<string, string>()
        const cases: readonly (readonly [string, State])[] = Object.entries(mfa === undefined ? states : { ...states, ...mfaStates })
        let index = 0
        for (const [state, enter] of cases) {
          for (const [had, make] of Object.entries(addresses)) {
            const own = make(++index)
            const name = nameOf(index)
            await enter(server(), ids, name, own)
            const who = `${state}, with ${had}`
            const told = toldBeforeAnyProof.includes(state) ? hiddenOperations : operationNames
            const sights = await visibleAnswersOf(server(), ids.clientId, askedAs?.(own) ?? name)
            requireAgreement(sights, told, who)
            for (const operation of told) assert.equal(sights[operation].error, undefined, `${who}: ${operation}`)
            for (const pair of pairsOf(sights, told)) wanted.set(pair, who)
          }
        }
        for (let first = 0; first < manyStrangers && wanted.size > 0; first += 10) {
          const strangers = Array.from({ length: 10 }, (_, more) => strangerOf(first + more))
          for (const sights of await Promise.all(strangers.map((stranger) => visibleAnswersOf(server(), ids.clientId, stranger)))) {
            requireAgreement(sights, operationNames, 'a stranger')
            for (const pair of pairsOf(sights, operationNames)) wanted.delete(pair)
          }
        }
        assert.deepEqual([...wanted], [])
      })
    }
  })
}
