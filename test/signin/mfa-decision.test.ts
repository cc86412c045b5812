import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { standardAttributes } from '../../src/pools/attribute-schema.ts'
import { type MfaMethod, mfaMethods, type RecoveryMechanism } from '../../src/pools/pool.ts'
import { decideMfa } from '../../src/signin/mfa-decision.ts'

type Factor = 'sms' | 'totp' | 'email'
type Pool = { mfa?: 'OFF' | 'OPTIONAL' | 'ON'; factors?: Factor[]; recovery?: RecoveryMechanism[]; emailIsFixed?: boolean }
type User = { has?: ('email' | 'phone' | 'app')[]; enabled?: MfaMethod[]; preferred?: MfaMethod }

/** The decision as one line: its kind and its methods. */
function decide(
  { mfa = 'ON', factors = ['sms', 'totp', 'email'], recovery, emailIsFixed = false }: Pool,
  { has = [], ...user }: User,
): string {
  const enabled = user.enabled ?? (user.preferred ? [user.preferred] : [])
  const pool = {
    mfa,
    mfaFactors: { sms: factors.includes('sms'), softwareToken: factors.includes('totp'), email: factors.includes('email') },
    recovery,
    extensions: undefined,
    schema: standardAttributes.map((one) => (one.name === 'email' ? { ...one, mutable: !emailIsFixed } : one)),
  }
  const attributes = {
    ...(has.includes('email') && { email: 'ana@example.test' }),
    ...(has.includes('phone') && { phone_number: '+15551234444' }),
  }
  const preferences = enabled.length === 0 ? null : { enabled, preferred: user.preferred ?? null, byOptions: false }
  const decision = decideMfa(pool, { attributes, mfa: preferences }, has.includes('app'))
  const methods = 'method' in decision ? [decision.method] : 'methods' in decision ? decision.methods : []
  return [decision.kind, ...methods].join(' ')
}

const all: User = { has: ['email', 'phone', 'app'], enabled: [...mfaMethods] }
const emailFirst: RecoveryMechanism[] = ['verified_email', 'verified_phone_number']
const phoneFirst: RecoveryMechanism[] = ['verified_phone_number', 'verified_email']

describe('the decision about MFA', () => {
  it('asks for no second factor where MFA is off, whatever the user has activated', () => {
    assert.equal(decide({ mfa: 'OFF' }, all), 'pass')
    assert.equal(decide({ mfa: 'OFF' }, { ...all, preferred: 'SOFTWARE_TOKEN_MFA' }), 'pass')
  })

  describe('where MFA is optional', () => {
    const pool = { mfa: 'OPTIONAL' } as const

    it('asks for no second factor of a user who has an address or app but has not activated it', () => {
      assert.equal(decide(pool, { has: ['email', 'phone', 'app'] }), 'pass')
      assert.equal(decide(pool, {}), 'pass')
    })

    it('asks for the only active method or the preferred one of several, or lets the user select one', () => {
      assert.equal(decide(pool, { ...all, enabled: ['SMS_MFA'] }), 'challenge SMS_MFA')
      assert.equal(decide(pool, { ...all, enabled: ['EMAIL_OTP'] }), 'challenge EMAIL_OTP')
      assert.equal(decide(pool, { ...all, enabled: ['SOFTWARE_TOKEN_MFA'] }), 'challenge SOFTWARE_TOKEN_MFA')
      assert.equal(decide(pool, { ...all, preferred: 'EMAIL_OTP' }), 'challenge EMAIL_OTP')
      assert.equal(decide(pool, all), 'select SMS_MFA SOFTWARE_TOKEN_MFA EMAIL_OTP')
      assert.equal(decide(pool, { ...all, enabled: ['EMAIL_OTP', 'SMS_MFA'] }), 'select SMS_MFA EMAIL_OTP')
    })

    it('ignores methods whose address the user has lost, or that the pool no longer offers', () => {
      assert.equal(decide(pool, { has: ['email'], enabled: ['SMS_MFA', 'EMAIL_OTP'] }), 'challenge EMAIL_OTP')
      assert.equal(decide(pool, { has: ['email'], enabled: ['SMS_MFA', 'EMAIL_OTP'], preferred: 'SMS_MFA' }), 'challenge EMAIL_OTP')
      assert.equal(decide(pool, { has: ['email'], enabled: ['SMS_MFA'] }), 'pass')
      assert.equal(decide({ ...pool, factors: ['totp'] }, { ...all, enabled: ['SMS_MFA'] }), 'pass')
    })

    it('has an app set up anew by a user whose activated app stayed in another pool', () => {
      assert.equal(decide(pool, { enabled: ['SOFTWARE_TOKEN_MFA'] }), 'setup SOFTWARE_TOKEN_MFA')
    })

    it('still asks for a registered app when the pool no longer offers apps', () => {
      assert.equal(decide({ ...pool, factors: ['sms'] }, { ...all, enabled: ['SOFTWARE_TOKEN_MFA'] }), 'challenge SOFTWARE_TOKEN_MFA')
    })

    it('asks for an activated address even if the account is recovered by it', () => {
      assert.equal(decide({ ...pool, recovery: emailFirst }, { has: ['email'], enabled: ['EMAIL_OTP'] }), 'challenge EMAIL_OTP')
    })
  })

  describe('where MFA is required', () => {
    it('asks for the preferred method', () => {
      for (const preferred of mfaMethods) assert.equal(decide({}, { ...all, preferred }), `challenge ${preferred}`)
    })

    it('asks for a registered authenticator app, activated or not; lets the user select when MFA may also use an address', () => {
      assert.equal(decide({}, { has: ['app'] }), 'challenge SOFTWARE_TOKEN_MFA')
      assert.equal(decide({ factors: ['totp'] }, { has: ['app', 'phone', 'email'] }), 'challenge SOFTWARE_TOKEN_MFA')
      assert.equal(decide({}, { has: ['app', 'phone'] }), 'select SMS_MFA SOFTWARE_TOKEN_MFA')
      assert.equal(decide({ recovery: phoneFirst }, { has: ['app', 'phone'] }), 'challenge SOFTWARE_TOKEN_MFA')
      assert.equal(decide({}, { has: ['app', 'phone'], enabled: ['SMS_MFA'] }), 'select SMS_MFA SOFTWARE_TOKEN_MFA')
    })

    it('asks for the only address, even if it is neither activated nor verified', () => {
      assert.equal(decide({ factors: ['sms'] }, { has: ['phone'] }), 'challenge SMS_MFA')
      assert.equal(decide({ factors: ['email'] }, { has: ['email'] }), 'challenge EMAIL_OTP')
      assert.equal(decide({ recovery: emailFirst }, { has: ['phone'] }), 'challenge SMS_MFA')
      assert.equal(decide({ recovery: phoneFirst }, { has: ['email'] }), 'challenge EMAIL_OTP')
      assert.equal(decide({ recovery: ['admin_only'] }, { has: ['email'] }), 'challenge EMAIL_OTP')
    })

    it('does not ask for the user’s only address if account recovery uses that address first', () => {
      assert.equal(decide({ factors: ['sms'], recovery: phoneFirst }, { has: ['phone'] }), 'impossible')
      assert.equal(decide({ factors: ['email'], recovery: emailFirst }, { has: ['email'] }), 'impossible')
      assert.equal(decide({ factors: ['sms', 'totp'], recovery: phoneFirst }, { has: ['phone'] }), 'setup SOFTWARE_TOKEN_MFA')
    })

    it('asks for an address that is first in account recovery if the user has activated it', () => {
      assert.equal(decide({ factors: ['email'], recovery: emailFirst }, { has: ['email'], enabled: ['EMAIL_OTP'] }), 'challenge EMAIL_OTP')
    })

    it('lets the user select one of two addresses, unless the account is recovered by one of them alone', () => {
      assert.equal(decide({}, { has: ['phone', 'email'] }), 'select SMS_MFA EMAIL_OTP')
      assert.equal(decide({ recovery: emailFirst }, { has: ['phone', 'email'] }), 'select SMS_MFA EMAIL_OTP')
      assert.equal(decide({ recovery: ['verified_email'] }, { has: ['phone', 'email'] }), 'challenge SMS_MFA')
      assert.equal(decide({ recovery: ['verified_phone_number'] }, { has: ['phone', 'email'] }), 'challenge EMAIL_OTP')
      assert.equal(decide({ factors: ['sms'], recovery: phoneFirst }, { has: ['phone', 'email'] }), 'challenge SMS_MFA')
    })

    it('asks for the only address in a pool without recovery settings', () => {
      assert.equal(decide({ factors: ['sms'] }, { has: ['phone'] }), 'challenge SMS_MFA')
    })

    it('lets a user without any method set up the methods that the pool offers and account recovery does not need', () => {
      assert.equal(decide({}, {}), 'setup SMS_MFA SOFTWARE_TOKEN_MFA EMAIL_OTP')
      assert.equal(decide({ factors: ['sms', 'totp'] }, {}), 'setup SMS_MFA SOFTWARE_TOKEN_MFA')
      assert.equal(decide({ factors: ['totp'] }, { has: ['email', 'phone'] }), 'setup SOFTWARE_TOKEN_MFA')
      assert.equal(decide({ factors: ['totp', 'email'], recovery: emailFirst }, {}), 'setup SOFTWARE_TOKEN_MFA')
      assert.equal(decide({ factors: ['totp', 'email'], recovery: phoneFirst }, {}), 'setup SOFTWARE_TOKEN_MFA EMAIL_OTP')
      assert.equal(decide({ factors: ['email'], emailIsFixed: true }, {}), 'impossible')
      assert.equal(decide({ factors: ['sms'] }, { has: ['email'] }), 'setup SMS_MFA')
    })

    it('still requires a second factor when the preferred method can no longer be used', () => {
      assert.equal(decide({ factors: ['sms', 'totp'] }, { preferred: 'SMS_MFA' }), 'setup SMS_MFA SOFTWARE_TOKEN_MFA')
      assert.equal(decide({ factors: ['sms', 'totp'] }, { has: ['app'], preferred: 'SMS_MFA' }), 'challenge SOFTWARE_TOKEN_MFA')
    })
  })
})
