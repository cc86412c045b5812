import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

/**
 * All modules of four plans of the OpenID Foundation's conformance suite for servers, for an app client that is set up by hand. `no` says why
 * a module cannot be run.
 */
const basic: readonly (string | { readonly no: string; readonly module: string })[] = [
  'oidcc-server',
  'oidcc-response-type-missing',
  'oidcc-idtoken-signature',
  { module: 'oidcc-idtoken-unsigned', no: 'The suite runs it for dynamic registration only. ID tokens are always signed.' },
  'oidcc-userinfo-get',
  'oidcc-userinfo-post-header',
  'oidcc-userinfo-post-body',
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow',
  'oidcc-scope-profile',
  'oidcc-scope-email',
  'oidcc-scope-address',
  'oidcc-scope-phone',
  'oidcc-scope-all',
  'oidcc-ensure-other-scope-order-succeeds',
  'oidcc-display-page',
  'oidcc-display-popup',
  'oidcc-prompt-login',
  'oidcc-prompt-none-not-logged-in',
  'oidcc-prompt-none-logged-in',
  'oidcc-max-age-1',
  'oidcc-max-age-10000',
  'oidcc-ensure-request-with-unknown-parameter-succeeds',
  'oidcc-id-token-hint',
  'oidcc-login-hint',
  'oidcc-ui-locales',
  'oidcc-claims-locales',
  'oidcc-ensure-request-with-acr-values-succeeds',
  'oidcc-codereuse',
  'oidcc-codereuse-30seconds',
  'oidcc-ensure-registered-redirect-uri',
  'oidcc-ensure-post-request-succeeds',
  'oidcc-server-client-secret-post',
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
  'oidcc-claims-essential',
  {
    module: 'oidcc-ensure-request-object-with-redirect-uri',
    no: 'The suite skips it where the server answers request_not_supported.',
  },
  'oidcc-refresh-token',
  'oidcc-ensure-request-with-valid-pkce-succeeds',
]

const plans = {
  // oidcc-formpost-basic-certification-test-plan has the same modules. Each test of the file runs in both response modes.
  'oidcc-basic-certification-test-plan': { file: 'conformance-basic.test.ts', modules: basic },
  'oidcc-config-certification-test-plan': { file: 'conformance-logout.test.ts', modules: ['oidcc-discovery-endpoint-verification'] },
  'oidcc-rp-initiated-logout-certification-test-plan': {
    file: 'conformance-logout.test.ts',
    modules: [
      'oidcc-rp-initiated-logout-discovery-endpoint-verification',
      'oidcc-rp-initiated-logout',
      'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri',
      'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri',
      'oidcc-rp-initiated-logout-modified-id-token-hint',
      'oidcc-rp-initiated-logout-bad-id-token-hint',
      'oidcc-rp-initiated-logout-no-id-token-hint',
      'oidcc-rp-initiated-logout-no-params',
      'oidcc-rp-initiated-logout-no-post-logout-redirect-uri',
      'oidcc-rp-initiated-logout-no-state',
      'oidcc-rp-initiated-logout-only-state',
    ],
  },
} as const

/** The names in the titles of the tests in a file. */
function modulesIn(file: string): readonly string[] {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8')
  return [...source.matchAll(/^ *it\('(oidcc-[^']*)'/gm)].flatMap(([, title = '']) => title.split(', '))
}

describe('the modules of the OpenID Foundation', () => {
  for (const [plan, { file, modules }] of Object.entries(plans)) {
    it(`are all re-made: ${plan}`, () => {
      const expected = modules.flatMap((module) => (typeof module === 'string' ? [module] : []))
      const made = modulesIn(file)
      assert.deepEqual(
        expected.filter((module) => !made.includes(module)),
        [],
      )
      assert.deepEqual(
        made.filter((module, index) => made.indexOf(module) !== index),
        [],
      )
    })
  }

  it('are in no title without being in the table', () => {
    const listed = Object.values(plans).flatMap(({ modules }) =>
      modules.map((module) => (typeof module === 'string' ? module : module.module)),
    )
    for (const file of ['conformance-basic.test.ts', 'conformance-logout.test.ts']) {
      assert.deepEqual(
        modulesIn(file).filter((module) => !listed.includes(module)),
        [],
      )
    }
  })
})
