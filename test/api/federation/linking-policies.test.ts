import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { addProvider, givenFederatedPool, providerClient, readUser, tokensFor, usernamesIn } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { runOpenIdProvider } from '../../support/openid-provider.ts'
import { backFromProvider, buttonOf, pathTo, withPassword } from '../../support/proof.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const email = 'ana@corp.test'
const verified = {
  attributes: [
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
  ],
}

type Policy = 'SEPARATE' | 'VERIFIED_EMAIL' | 'PROOF'
type Order = 'the password' | 'the provider' | 'another provider'

/** How many users there are in the end, whatever the number of tabs. */
const cases: readonly { readonly policy: Policy; readonly first: Order; readonly users: number }[] = [
  { policy: 'SEPARATE', first: 'the password', users: 2 },
  { policy: 'VERIFIED_EMAIL', first: 'the password', users: 1 },
  { policy: 'PROOF', first: 'the password', users: 1 },
  { policy: 'SEPARATE', first: 'another provider', users: 2 },
  { policy: 'VERIFIED_EMAIL', first: 'another provider', users: 1 },
  { policy: 'PROOF', first: 'another provider', users: 1 },
  { policy: 'SEPARATE', first: 'the provider', users: 2 },
  { policy: 'VERIFIED_EMAIL', first: 'the provider', users: 1 },
  { policy: 'PROOF', first: 'the provider', users: 1 },
]

for (const engine of engines) {
  describe(`The linking policies on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    before(() =>
      provider.open({
        clients: [providerClient(server())],
        accounts: ['ana', 'ana2'].map((sub) => ({ sub, email, email_verified: true, name: 'Ana' })),
      }),
    )

    for (const { policy, first, users } of cases) {
      for (const tabs of [1, 2]) {
        it(`${policy}, ${first} first, ${tabs} tab(s): ${users} user(s)`, async () => {
          const client = { SupportedIdentityProviders: ['COGNITO', 'Corp'] }
          const { poolId, clientId } = await givenFederatedPool(server(), provider, { pool: { UsernameAttributes: ['email'] }, client })
          await addProvider(server(), provider, { poolId, clientId, name: 'Other' })
          await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Federation: { LinkingPolicy: policy } })
          const firstSub = first === 'the password' ? (await givenUser(server(), poolId, email, verified)).sub : undefined
          if (first === 'another provider') await signIn(clientId, 'Other', 'ana2', 1)
          const ends = await signIn(clientId, 'Corp', 'ana', tabs, first === 'the password' ? 'password' : 'Other')
          const subs = await Promise.all(ends.map(async (end) => (await tokensFor(server(), clientId, end)).claims.sub))
          assert.equal(new Set(subs).size, 1)
          if (first === 'the provider') {
            const signUp = server().send(new SignUpCommand({ ClientId: clientId, Username: email, Password: goodPassword }))
            if (policy === 'SEPARATE') await signUp
            else await assert.rejects(signUp, { name: 'UsernameExistsException' })
          }
          assert.equal((await usernamesIn(server(), poolId)).length, users)
          if (firstSub !== undefined) assert.equal(subs[0] === firstSub, users === 1)
          if (first !== 'the provider' && users === 1) {
            const { attributes } = await readUser(server(), poolId, subs[0] ?? '')
            const identities = JSON.parse(attributes['identities'] ?? '[]') as { providerName: string; primary: boolean }[]
            assert.deepEqual(
              identities.map(({ providerName, primary }) => [providerName, primary]),
              first === 'the password'
                ? [['Corp', false]]
                : [
                    ['Other', true],
                    ['Corp', false],
                  ],
            )
            // From now on the identity alone is enough.
            const [later = ''] = await signIn(clientId, 'Corp', 'ana', 1)
            assert.equal((await tokensFor(server(), clientId, later)).claims.sub, subs[0])
          }
        })
      }
    }

    /** Signs in at a provider in several tabs of a browser at once, and proves that the account is the user's where that is asked for. */
    async function signIn(
      clientId: string,
      identityProvider: string,
      login: string,
      tabs: number,
      proof: 'password' | 'Other' | 'none' = 'none',
    ): Promise<readonly string[]> {
      const browser = new TestBrowser(server())
      const backs: string[] = []
      for (let tab = 0; tab < tabs; tab++) {
        backs.push(await backFromProvider(browser, pathTo(clientId, { identity_provider: identityProvider }), login))
      }
      const ends = await Promise.all(backs.map(async (back) => locationOf(await browser.visit(back))))
      if (proof === 'none' || !ends.every((end) => end.startsWith('/login?'))) return ends
      const pages = await Promise.all(ends.map((end) => browser.visit(end)))
      if (proof === 'password') return Promise.all(pages.map(async (page) => locationOf(await withPassword(browser, page, email))))
      const proofs: string[] = []
      for (const page of pages) proofs.push(await backFromProvider(browser, buttonOf(page, 'Other'), 'ana2'))
      return Promise.all(proofs.map(async (proof) => locationOf(await browser.visit(proof))))
    }
  })
}
