import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { getId, getToken } from '../../support/identity-logins.ts'
import { callJson, givenIdentityPool } from '../../support/identity-pools.ts'
import { putRole, roleArn, trustOfIdentityPool } from '../../support/roles.ts'
import { runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import type { SamlSetUp } from '../../support/saml-provider-process.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { useTestServer } from '../../support/test-server.ts'

const arnOf = (name: string) => `arn:aws:iam::123456789012:saml-provider/${name}`
const corp = arnOf('corp')
const claimsBase = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/'
const roleAttribute = 'https://aws.amazon.com/SAML/Attributes/Role'
const aws = { entityId: 'urn:amazon:webservices', assertionConsumerUrl: 'https://signin.aws.amazon.com/saml' }
const mayUse = (name: string, provider = corp) => `${roleArn(name)},${provider}`

const accounts = {
  ana: {
    nameId: 'Ana-1',
    attributes: {
      department: 'sales',
      [`${claimsBase}name`]: 'Ana',
      [roleAttribute]: [mayUse('seller'), `${corp},${roleArn('buyer')}`, mayUse('owner', arnOf('other'))],
      'cognito:roles': [roleArn('owner')],
      'cognito:preferred_role': roleArn('owner'),
    },
  },
  bea: { nameId: 'Bea-1', attributes: { department: 'sales' } },
  long: { nameId: 'x'.repeat(257), attributes: { department: 'sales' } },
}

for (const engine of engines) {
  describe(`Logins by SAML assertions on ${engine.name}`, async () => {
    const provider = await runSamlProvider()
    const stranger = await runSamlProvider()
    const folder = mkdtempSync(join(scratchFolder(), 'saml-'))
    after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'lab.xml')
    const names = [`corp=${provider.origin}/metadata`, `lab=${file}`, 'dead=http://127.0.0.1:1/metadata']
    const server = useTestServer(engine, { flags: ['--saml-providers', names.join(',')] })

    const open = (more: Partial<SamlSetUp> = {}) => provider.open({ serviceProvider: aws, accounts, ...more })
    before(async () => {
      writeFileSync(file, await open())
    })

    const given = async (more: object = {}) => {
      const SamlProviderARNs = ['corp', 'lab', 'dead', 'unknown'].map(arnOf)
      const pool = { AllowClassicFlow: true, AllowUnauthenticatedIdentities: false, SamlProviderARNs, ...more }
      return (await givenIdentityPool(server(), pool)).IdentityPoolId
    }
    const assertionOf = async (login = 'ana', origin = provider.origin) => (await samlFormFor(`${origin}/sso`, login)).SAMLResponse
    const tryAssertion = async (assertion: string) => getId(server(), await given(), { [corp]: assertion })
    const refused = (detail: RegExp) => ({ name: 'NotAuthorizedException', message: detail })

    it('give the same identity each time, and a token that names the login', async () => {
      await open()
      const poolId = await given()
      const Logins = { [corp]: await assertionOf() }
      const id = await getId(server(), poolId, Logins)
      assert.equal(await getId(server(), poolId, { [corp]: await assertionOf() }), id)
      assert.notEqual(await getId(server(), poolId, { [corp]: await assertionOf('bea') }), id)
      const { claims } = await getToken(server(), id, Logins)
      assert.deepEqual(claims['amr'], ['authenticated', corp, `${corp}:urn:amazon:webservices:Ana-1`])
    })

    it('are verified by metadata in a file, with a signed response in place of a signed assertion', async () => {
      await open({ signs: 'response' })
      const id = await getId(server(), await given(), { [arnOf('lab')]: await assertionOf() })
      assert.match(id, /^us-east-1:/)
    })

    it('may answer a request of the app, and may be for the sign-in address of the region', async () => {
      await open({ values: { InResponseTo: '_of-the-app', SubjectRecipient: `https://${server().region}.signin.aws.amazon.com/saml` } })
      await tryAssertion(await assertionOf())
    })

    it('give the roles that they name for this provider, and no others', async () => {
      await open()
      const poolId = await given()
      const trust = trustOfIdentityPool(poolId)
      for (const name of ['seller', 'buyer', 'owner'])
        await putRole(server(), name, trust, [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }])
      const RoleMappings = { [corp]: { Type: 'Token', AmbiguousRoleResolution: 'Deny' } }
      await callJson(server(), 'SetIdentityPoolRoles', { IdentityPoolId: poolId, Roles: { authenticated: roleArn('owner') }, RoleMappings })
      const Logins = { [corp]: await assertionOf() }
      const IdentityId = await getId(server(), poolId, Logins)
      const ask = (role?: string) =>
        callJson(server(), 'GetCredentialsForIdentity', { IdentityId, Logins, CustomRoleArn: role && roleArn(role) })
      for (const role of ['seller', 'buyer']) assert.ok((await ask(role)).Credentials?.SessionToken)
      await assert.rejects(ask('owner'), { message: `Access to Role '${roleArn('owner')}' is forbidden.` })
      await assert.rejects(ask(), { message: `The ambiguous role mapping rules for: ${corp} denied this request.` })
    })

    it('give principal tags from their attributes', async () => {
      await open()
      const poolId = await given()
      const Logins = { [corp]: await assertionOf() }
      const id = await getId(server(), poolId, Logins)
      const tagsBy = async (map: object) => {
        await callJson(server(), 'SetPrincipalTagAttributeMap', { IdentityPoolId: poolId, IdentityProviderName: corp, ...map })
        return ((await getToken(server(), id, Logins)).claims['https://aws.amazon.com/tags'] as { principal_tags: object }).principal_tags
      }
      assert.deepEqual(await tagsBy({ PrincipalTags: { team: 'department' } }), { team: ['sales'] })
      assert.deepEqual(await tagsBy({ UseDefaults: true }), { client: ['Ana-1'], username: ['Ana'] })
    })

    it('are rejected when they are not for AWS, of another issuer, or not valid any more', async () => {
      const at = (ms: number) => new Date(Date.now() + ms).toISOString()
      const cases: [Partial<SamlSetUp>, RegExp][] = [
        [{ values: { Audience: 'urn:amazon:cognito:sp:us-east-1_123456789' } }, /^Invalid login token\. SAML: Audience restriction/],
        [{ values: { SubjectRecipient: 'https://evil.test/saml' } }, /^Invalid login token\. SAML: no SubjectConfirmation fits/],
        [{ values: { Issuer: 'https://other.test/' } }, /^Invalid login token\. SAML: the assertion is of another issuer/],
        [{ values: { ConditionsNotOnOrAfter: at(-600_000) } }, /^Invalid login token\. SAML: the assertion is not valid at this time/],
        [{ values: { IssueInstant: at(-400_000) } }, /^Invalid login token\. SAML: the assertion is too old/],
        [{ values: { AuthnStatement: '' } }, /^Invalid login token\. SAML: the assertion has no AuthnStatement/],
        [{ values: { StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Responder' } }, /^Invalid login token\. SAML: SAML provider returned/],
        [
          { signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' },
          /^Invalid login token\. SAML: a signature has a weak algorithm/,
        ],
      ]
      for (const [setUp, message] of cases) {
        await open(setUp)
        await assert.rejects(tryAssertion(await assertionOf()), refused(message), JSON.stringify(setUp))
      }
    })

    it('are rejected when they are forged', async () => {
      await open()
      await stranger.open({ serviceProvider: aws, accounts, values: { Issuer: `${provider.origin}/metadata` } })
      await assert.rejects(tryAssertion(await assertionOf('ana', stranger.origin)), refused(/signature is invalid/))
      const good = Buffer.from(await assertionOf(), 'base64').toString()
      const forge = (change: (xml: string) => string) => Buffer.from(change(good)).toString('base64')
      for (const forged of [
        forge((xml) => xml.replace('Ana-1', 'Bea-1')),
        forge((xml) => xml.replace(/<ds:Signature.*<\/ds:Signature>/s, '')),
        forge((xml) => `<!DOCTYPE a [<!ENTITY b "c">]>${xml}`),
        forge((xml) => xml.replace(/<saml:Assertion.*<\/saml:Assertion>/s, (one) => one.replace('Ana-1', 'Bea-1') + one)),
        forge(() => '<a/>'),
        'not base64!',
        'eyJhbGciOiJub25lIn0.e30.',
      ]) {
        await assert.rejects(tryAssertion(forged), refused(/^Invalid login token\. SAML: /))
      }
      await assert.rejects(tryAssertion(await assertionOf('long')), refused(/NameID is too long/))
    })

    it('are rejected from providers that the pool or the server does not name, or whose metadata cannot be had', async () => {
      await open()
      const assertion = await assertionOf()
      const none = await given({ SamlProviderARNs: [arnOf('lab')] })
      await assert.rejects(getId(server(), none, { [corp]: assertion }), {
        message: 'Token is not from a supported provider of this identity pool.',
      })
      await assert.rejects(getId(server(), await given(), { [arnOf('unknown')]: assertion }), {
        name: 'NotAuthorizedException',
        message: 'This server knows no SAML provider unknown (--saml-providers).',
      })
      await assert.rejects(getId(server(), await given(), { [arnOf('dead')]: assertion }), {
        name: 'ExternalServiceException',
        message: 'The metadata of the SAML provider dead cannot be read.',
      })
    })
  })
}
