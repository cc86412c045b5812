import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSecrets } from '../../src/base/secrets.ts'
import { openState, sealState } from '../../src/signin/sealed-state.ts'
import type { ChallengeName } from '../../src/signin/sign-in.ts'
import type { SignInState } from '../../src/signin/sign-in-state.ts'

const secrets = createSecrets(Buffer.alloc(32, 7))

/**
 * One sealed sign-in state for each kind of a factor's own data, in lines of 120 characters. The last release that wrote version 1 of the
 * sealed format sealed these states under the master key of `secrets`.
 */
const statesOfVersion1: Partial<Record<ChallengeName, readonly string[]>> = {
  PASSWORD_VERIFIER: [
    'AYABeQKowL43Yt0Lf8cvdG4zZpyGcYwaRT556heVJxmeKmfi3BqZ2H2Oxb5j79fVl72kBpdV5bgCbrFn57R5TaQI9HprbqgLIvuC0lykbHLxl0G2Xq-7RI_s',
    'r7_aCsUP3uxJkikmLlZ1sKbXBdMOdIvRZeiKWeEFFIWHLK7eWao1s8m39g2F-NR0Ds2NrujsfMhwWjNaJR2kimiT2GgO5Yah-T0KMnkumzM1JEHBKaUh1XKN',
    'EwlRKeQ-52kU11oK9rxvoq77A3P_GIYD4Q2H8yswztcG-zyazRA',
  ],
  SMS_MFA: [
    'AYABeQKowL_XDtExbgZ62tHIym8OCrI8GoAlgAwevMAIQsuJUxHK0Un1RZ1HHl_TjFnF3zTm9UErzZjCV10z5kXJirgNm7njhLAhfAUY1yl1YBQV-obY6jqI',
    'UiBy587fbXPbH_-oDESlAd98LcQwtdS8z9EKzbGeaYbmcq6F4MHpFdwrRh2o9dtmGkdMa4ZasPhIT19TyRKkinztKbYHVSY4xLUX9RmoShKhB_NVuueeffPj',
    'LJP4LiKZJzNfgJ_I6UqZPjzxlGGedK-72y_s8nLgSJs-HRV55SzXEuUeCbwjSpPWVzTLGitAWWQ',
  ],
  SOFTWARE_TOKEN_MFA: [
    'AYABeQKowL-c8uM729D6dQ1PP1wQGIHMp97RWGrq1EEzJBggI76vFwb_0aZA3RBy6k_j7K6dT7zasIqOe-F93X0kcjH4f5Lzn2mRfAamE4wuIvtj36AFAI13',
    'N8wMdnnNgMOcog3id_rJsqoQhFkizDulxfu8HEerIEuDrMaYiI48EGvYEYhOoBODpClGyIsdNq6F0ce4W8_o_in6UZ-ZWvoJuyksfw-9gWqU8uup1xFtH3ac',
    'dMv90sojRTrxC6Z_6ZGod-rnCy0itpGOcuncL_RmvXp0QZGUiFa5f0LsoZhCOQ-TZt86yZ9C33ifhPQPgTnMX96Ho_W139hqtgG1jtUCBbgihlw',
  ],
  DEVICE_SRP_AUTH: [
    'AYABeQKowL0VS07k1TspMGFxcCvUcwaMq4Prx79TUXPCmd_vxvfX6ExFSB906YTcYy6IcTFQZi86tmOl9Da8RN304sUzibaFibMagCosPBKL0gbhKYOgrd2A',
    '6V7Unfa6O2Su_aITt8riCgNjWjRLE4CjYc1SByfCRnZm-YzQzA6x7bA7zRrHE4P-_wI7gDglAiNffFYm_Hil5FnnqCxRLKPOB_NxuYTNRtU_iZH0np7ukqQU',
    'PgN2FT1SmyP7sOInoBaMCK4dgr9nyoC6ihHmMosOWEWDyy7uUpt-IPw5os_hoLT8wzXOx_A',
  ],
  NEW_PASSWORD_REQUIRED: [
    'AYABeQKowLxvDV-jDrNJc1HhpgqpIJrhgEVfgzjfSmcCuqLEG4BlnW1t8j7nCLWIdeLcbYGFQBs7d2C0r7XoJj_yvvt3F6YLK7Nd2YuLLvCZVX1XC9KIZBzW',
    '9rRMN0ssui4RckuJq3_nWMDYgun7KyIzt0zSJiUj05wcB3ZMWqaR3VT0yaMErx4ijhPTOUdlusanP7QqzV9v4Ph3bc-CqPO_mbFap-9n_lfw0K3EvlVUXUAf',
    'JvP5hx9IJVpl3wW_F9NeWMBVLmoINMyQngWDMNuA6gKt_DS-PpMkycuFr2Wg',
  ],
  SELECT_CHALLENGE: [
    'AYABeQKowL49-DF_IgFCUZxqam1cwKBovDPOTL8U7qfr5Q9ULfOdHuH0PF__pVghUCPdS4ZrftufAFALTDy-4GV_aOh0twSZ-AX6DUUW0BmVfka65thUFx4L',
    'odvB4ZW90Ay4dgm8ykmDJ7AOblEaVlmz0l9jqWeNRIOCgwU3qsN7JJ54ghdzeTjgEXl3GROztCwf16q00JzSgwyRuGWbriuPNcJ40kOXPZ-7LZ1iMpea8n5a',
    'U0giHZfLXSO3UyB_yXX09wD0GX1Lh9YGbZzAoxlTTJryjGai9j846KllHpHO2grKbrR0Vw4NWKKw',
  ],
  CUSTOM_CHALLENGE: [
    'AYABeQKowL53N6m2moGLVQEBeRpPk73HTyWnmO07dGXhPhUW28ENce9_Qyc0PSwlkiKmkZBSNTSbB-rl8CHot3WtCxthMDcWEBElcYsM5kmaAH487XXWln0L',
    'AX6nKf86oA2QOp7Y4uhxBWWs_pNToilNQsp-l-YNtER5tV_bHdX8HExOf5qChQoivpuepaX55dP0iVnLTt6LjGe5NkN_c4xh_bUHTzSF7EBLJCX0aBcqFE53',
    'A-BXbox3Zxob4epSFUgIcomZyb8X6wubQ1eE30hqu2jg0LWdbvLIHiPKIU12gVpDeUZZPHsdnUYR9KwYfIndfFXvaD-slsyBLB_69nAhduowT1jQZYQ_7ggs',
    'wg5FJRx9XydMlr2rH7I060ofrc4sXU_8s7V05sR-Giyind6_LtPYXYiGlZFParLG-RDoCAUBhE3N3002x',
  ],
}

const common = {
  id: '6f1c0a52-3d0e-4a5b-9d5e-0a8f6f1f2b11',
  poolId: 'us-east-1_Example01',
  clientId: 'client01',
  sub: 'a3f0c9d2-1111-4222-8333-444455556666',
  expiresAt: 4102444800000,
}
const noProgress = { proofs: [], eventId: undefined, stepUp: undefined, custom: undefined }
const afterPassword = { ...noProgress, proofs: ['PASSWORD'] as const }

/** The states that `statesOfVersion1` contains sealed, in plain text. */
const expected: readonly SignInState[] = [
  {
    ...common,
    challenge: 'PASSWORD_VERIFIER',
    progress: noProgress,
    securityStamp: undefined,
    memory: { name: 'ana', exchange: 'AAAA' },
  },
  {
    ...common,
    challenge: 'SMS_MFA',
    progress: { ...afterPassword, eventId: 'event' },
    securityStamp: 'stamp',
    memory: { hash: 'hash' },
  },
  {
    ...common,
    challenge: 'SOFTWARE_TOKEN_MFA',
    progress: { ...afterPassword, stepUp: { goal: 4, since: 1700000000 } },
    securityStamp: 'stamp',
    memory: null,
  },
  { ...common, challenge: 'DEVICE_SRP_AUTH', progress: afterPassword, securityStamp: 'stamp', memory: 'device-key' },
  {
    ...common,
    challenge: 'NEW_PASSWORD_REQUIRED',
    progress: { ...afterPassword, eventId: 'event' },
    securityStamp: undefined,
    memory: { passwordMark: 'mark' },
  },
  {
    ...common,
    challenge: 'SELECT_CHALLENGE',
    progress: noProgress,
    securityStamp: undefined,
    memory: { name: 'ana', chosen: 'EMAIL_OTP', codeHash: 'hash' },
  },
  {
    ...common,
    challenge: 'CUSTOM_CHALLENGE',
    progress: {
      proofs: ['PASSWORD_VERIFIER'],
      eventId: 'event',
      stepUp: undefined,
      custom: [
        { name: 'SRP_A', isPassed: true, metadata: null },
        { name: 'CUSTOM_CHALLENGE', isPassed: false, metadata: 'note' },
      ],
    },
    securityStamp: 'stamp',
    memory: { name: 'ana', privateParameters: { answer: '5' }, metadata: null },
  },
]

describe('the sealed state of a sign-in', () => {
  for (const state of expected) {
    it(`is read from version 1 of the sealed format, which the previous release writes (${state.challenge})`, () => {
      assert.deepEqual(openState(secrets, statesOfVersion1[state.challenge]?.join('') ?? ''), state)
    })

    it(`is unchanged when this release opens what it has sealed (${state.challenge})`, () => {
      assert.deepEqual(openState(secrets, sealState(secrets, state)), state)
    })
  }

  it('cannot be opened by the previous release', () => {
    for (const state of expected) {
      assert.equal(secrets.open('sign-in-state', sealState(secrets, state).slice('AYABe'.length)), undefined, state.challenge)
    }
  })

  it('is not opened in a version that this release does not know', () => {
    const sealed = secrets.seal('sign-in-state', JSON.stringify({ v: 3, id: 'x' }), 'versioned')
    assert.equal(openState(secrets, `AYABe${sealed}`), undefined)
  })

  it('is at most 70 characters longer than in version 1 of the sealed format', () => {
    for (const state of expected) {
      const before = statesOfVersion1[state.challenge]?.join('').length ?? 0
      assert.ok(sealState(secrets, state).length <= before + 70, state.challenge)
    }
  })
})
