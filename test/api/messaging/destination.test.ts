import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createSecrets } from '../../../src/base/secrets.ts'
import {
  chooseInvitationContacts,
  chooseRecoveryContact,
  chooseSignUpContact,
  deliveryTo,
  isRecoveredByAdminOnly,
  maskEmail,
  maskPhoneNumber,
  writeDelivery,
} from '../../../src/messaging/destination.ts'
import { simulateAddress } from '../../../src/messaging/simulated-delivery.ts'
import { testPool } from './messaging-setup.ts'

const both = { email: 'ana@example.test', phone_number: '+15551234444' }

describe('A masked address', () => {
  it('shows the first characters of the name and the domain, but not the length of the e-mail address', () => {
    assert.equal(maskEmail('ana@example.test'), 'a***@e***')
    assert.equal(maskEmail('a@e.x'), 'a***@e***')
    assert.equal(maskEmail('"a@b"@example.test'), '"***@e***')
    assert.equal(maskEmail('😀x@ünïcode.test'), '😀***@ü***')
  })

  it('shows the last four digits of a phone number', () => {
    assert.equal(maskPhoneNumber('+15551234444'), '+*******4444')
    assert.equal(maskPhoneNumber('+4915112345678'), '+*********5678')
  })
})

describe('The address that a message is sent to', () => {
  it('is, for a new user, an auto-verified attribute that was given, the phone number first', () => {
    const pool = (...autoVerifiedAttributes: ('email' | 'phone_number')[]) => testPool({ autoVerifiedAttributes })
    assert.deepEqual(chooseSignUpContact(pool('email', 'phone_number'), both), { attribute: 'phone_number', value: '+15551234444' })
    assert.deepEqual(chooseSignUpContact(pool('email'), both), { attribute: 'email', value: 'ana@example.test' })
    assert.deepEqual(
      chooseSignUpContact(pool('email', 'phone_number'), { email: 'ana@example.test', phone_number: '' })?.attribute,
      'email',
    )
    assert.equal(chooseSignUpContact(pool('phone_number'), { email: 'ana@example.test' }), undefined)
    assert.equal(chooseSignUpContact(pool(), both), undefined)
  })

  it('is, for a forgotten password, the first verified address in the pool’s order', () => {
    const verified = { ...both, email_verified: 'true', phone_number_verified: 'true' }
    assert.equal(chooseRecoveryContact(testPool(), verified)?.attribute, 'phone_number')
    assert.equal(chooseRecoveryContact(testPool({ recovery: ['verified_email', 'verified_phone_number'] }), verified)?.attribute, 'email')
    assert.equal(chooseRecoveryContact(testPool(), { ...verified, phone_number_verified: 'false' })?.attribute, 'email')
    assert.equal(
      chooseRecoveryContact(testPool({ recovery: ['verified_phone_number'] }), { ...verified, phone_number_verified: 'false' }),
      undefined,
    )
    assert.equal(chooseRecoveryContact(testPool(), both), undefined)
    assert.equal(chooseRecoveryContact(testPool({ recovery: ['admin_only'] }), verified), undefined)
    assert.equal(isRecoveredByAdminOnly(testPool({ recovery: ['admin_only'] })), true)
    assert.equal(isRecoveredByAdminOnly(testPool()), false)
  })

  it('is, for a forgotten password, an address of the second factor only if no other is left and the pool sets no recovery order', () => {
    const verified = { ...both, email_verified: 'true', phone_number_verified: 'true' }
    const recovery = ['verified_phone_number', 'verified_email'] as const
    assert.equal(chooseRecoveryContact(testPool({ recovery }), verified, ['phone_number'])?.attribute, 'email')
    assert.equal(chooseRecoveryContact(testPool({ recovery }), verified, ['phone_number', 'email']), undefined)
    assert.equal(chooseRecoveryContact(testPool({ recovery: ['verified_email'] }), verified, ['email']), undefined)
    assert.equal(chooseRecoveryContact(testPool(), verified, ['phone_number'])?.attribute, 'email')
    assert.equal(chooseRecoveryContact(testPool(), verified, ['phone_number', 'email'])?.attribute, 'phone_number')
  })

  it('is, for an invitation, one address for each requested medium; by default the phone number, else the e-mail address', () => {
    const attributes = (...input: Parameters<typeof chooseInvitationContacts>) =>
      chooseInvitationContacts(...input).map(({ attribute }) => attribute)
    assert.deepEqual(attributes(undefined, both), ['phone_number'])
    assert.deepEqual(attributes(undefined, { email: 'ana@example.test' }), ['email'])
    assert.deepEqual(attributes(['EMAIL', 'SMS', 'EMAIL'], both), ['email', 'phone_number'])
    assert.deepEqual(attributes(['SMS'], { email: 'ana@example.test' }), [])
    assert.deepEqual(attributes(undefined, {}), [])
  })
})

describe('The address of a user who does not exist', () => {
  const secrets = createSecrets(randomBytes(32))
  const names = Array.from({ length: 200 }, (_, index) => `nobody-${index}`)

  it('is the name itself when the name is an address', () => {
    assert.equal(simulateAddress(secrets, testPool(), 'eve@nowhere.test', 'email'), 'eve@nowhere.test')
    assert.equal(simulateAddress(secrets, testPool(), '+15550009999', 'phone_number'), '+15550009999')
    assert.match(simulateAddress(secrets, testPool(), 'eve@nowhere.test', 'phone_number'), /^\+\d{10,13}$/)
  })

  it('is made up otherwise: always the same for one name in one pool, and different for other names and pools', () => {
    for (const attribute of ['email', 'phone_number'] as const) {
      const addresses = names.map((name) => simulateAddress(secrets, testPool(), name, attribute))
      assert.deepEqual(
        names.map((name) => simulateAddress(secrets, testPool(), name, attribute)),
        addresses,
      )
      assert.ok(new Set(addresses).size > 20)
      const shape = attribute === 'email' ? /^\w\*{3}@\w\*{3}$/ : /^\+\*{6,9}\d{4}$/
      for (const value of addresses) assert.match(deliveryTo({ attribute, value }).destination, shape)
    }
  })

  it('does not depend on the case of the name in a pool without case sensitivity', () => {
    const pool = testPool({ caseSensitive: false })
    const masked = (name: string) => maskEmail(simulateAddress(secrets, pool, name, 'email'))
    for (const name of [...names, 'nobody@example.test']) assert.equal(masked(name.toUpperCase()), masked(name))
  })
})

describe('A delivery', () => {
  it('has the members of Cognito’s CodeDeliveryDetails in the API', () => {
    const delivery = { attribute: 'email', medium: 'EMAIL', destination: 'a***@e***' } as const
    assert.deepEqual(writeDelivery(delivery), { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' })
  })
})
