import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { adminGet } from '../../../../support/administration.ts'
import { engines } from '../../../../support/engines.ts'
import { callLifeguard } from '../../../../support/lifeguard-operations.ts'
import { setMfa } from '../../../../support/mfa.ts'
import { bcryptOf, firebaseHash, firebaseOf, importRecords, pbkdf2Of, usersFile } from '../../../../support/record-imports.ts'
import { signInByPassword } from '../../../../support/sign-in.ts'
import { useTestServer } from '../../../../support/test-server.ts'

const password = 'Old-password-1'
const poolInput = { pool: { AutoVerifiedAttributes: ['email' as const] } }
const resetRequired = { name: 'PasswordResetRequiredException' }

async function keycloakUser(username: string, credential: object) {
  const { salt, key } = await pbkdf2Of(password, 'sha512', 1000, 64)
  return {
    id: randomUUID(),
    ...{ username, email: `${username}@example.test`, emailVerified: true, enabled: true },
    credentials: [
      {
        type: 'password',
        secretData: JSON.stringify({ value: key, salt, additionalParameters: {} }),
        credentialData: JSON.stringify({ hashIterations: 1000, algorithm: 'pbkdf2-sha512', additionalParameters: {} }),
      },
      credential,
    ],
  }
}

const eightDigits = {
  type: 'otp',
  secretData: JSON.stringify({ value: 'JBSWY3DPEHPK3PXP' }),
  credentialData: JSON.stringify({ subType: 'totp', digits: 8, period: 30, algorithm: 'HmacSHA1', secretEncoding: 'BASE32' }),
}
const securityKey = {
  type: 'webauthn',
  secretData: '{}',
  credentialData: JSON.stringify({ credentialId: 'AAECAwQFBgcICQoLDA0ODw==', credentialPublicKey: 'pAEBAycgBiFYIA==', counter: 0 }),
}

for (const engine of engines) {
  describe(`Imported users whose second factors cannot come, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const givenPool = async (mfa: 'OFF' | 'OPTIONAL') => {
      const ids = await server().givenPool(poolInput)
      if (mfa === 'OPTIONAL') await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      return ids
    }

    it('have to reset the password when they come from Keycloak', async () => {
      const ids = await givenPool('OPTIONAL')
      const users = [await keycloakUser('ana', eightDigits), await keycloakUser('ben', securityKey)]
      const job = await importRecords(server(), ids.poolId, 'KEYCLOAK', JSON.stringify({ realm: 'test', users }))
      assert.equal(job.ImportedUsers, 2, job.log.join('\n'))
      for (const name of ['ana', 'ben']) await assert.rejects(signInByPassword(server(), ids.clientId, name, password), resetRequired)
    })

    it('have to reset the password when they come from Firebase', async () => {
      const ids = await givenPool('OPTIONAL')
      const user = async (name: string, factor: object) => ({
        localId: `${name}-id`,
        ...{ email: `${name}@example.test`, emailVerified: true, phoneNumber: '+15550100000', mfaInfo: [factor] },
        ...(await firebaseOf(password)),
      })
      const file = JSON.stringify({ users: [await user('ana', { totpInfo: {} }), await user('ben', { phoneInfo: '+15550100009' })] })
      const job = await importRecords(server(), ids.poolId, 'FIREBASE', file, { FirebaseHash: firebaseHash })
      assert.equal(job.ImportedUsers, 2, job.log.join('\n'))
      for (const name of ['ana', 'ben'])
        await assert.rejects(signInByPassword(server(), ids.clientId, `${name}@example.test`, password), resetRequired)
    })

    it('have to reset the password when a users file lacks the secret of the app, which the log says', async () => {
      const ids = await givenPool('OPTIONAL')
      const user = {
        ...{ username: 'ana', sub: randomUUID(), status: 'CONFIRMED', enabled: true },
        ...{ createdAt: '2024-01-01T00:00:00.000Z', updatedAt: '2024-01-01T00:00:00.000Z' },
        attributes: { email: 'ana@example.test', email_verified: 'true' },
        password: { algorithm: 'BCRYPT', hash: await bcryptOf(password) },
        mfa: { enabled: ['SOFTWARE_TOKEN_MFA'], preferred: 'SOFTWARE_TOKEN_MFA' },
      }
      const job = await importRecords(server(), ids.poolId, 'LIFEGUARD', usersFile([user]))
      assert.match(job.log.join(), /SUCCEEDED.*Left out: 1 authenticator apps/)
      await assert.rejects(signInByPassword(server(), ids.clientId, 'ana', password), resetRequired)
    })

    it('sign in by the password in a pool without MFA', async () => {
      const ids = await givenPool('OFF')
      const users = [await keycloakUser('ana', eightDigits)]
      await importRecords(server(), ids.poolId, 'KEYCLOAK', JSON.stringify({ realm: 'test', users }))
      assert.ok((await signInByPassword(server(), ids.clientId, 'ana', password)).AuthenticationResult)
    })

    it('without a password wait for the former pool only under their own sub', async () => {
      const ids = await givenPool('OFF')
      const FormerPool = {
        UserPoolId: 'us-east-1_Former001',
        ClientId: 'former',
        Endpoint: server().url,
        Until: server().clock.now() / 1000 + 3600,
      }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, FormerPool })
      const { credentials, ...ana } = await keycloakUser('ana', eightDigits)
      const file = JSON.stringify({ realm: 'test', users: [ana, { ...ana, id: 'not-a-sub', username: 'ben', email: 'ben@example.test' }] })
      await importRecords(server(), ids.poolId, 'KEYCLOAK', file)
      const statusOf = async (name: string) => (await adminGet(server(), ids.poolId, name)).UserStatus
      assert.deepEqual([await statusOf('ana'), await statusOf('ben')], ['CONFIRMED', 'RESET_REQUIRED'])
      assert.equal((await callLifeguard(server(), 'DescribeFormerPool', { UserPoolId: ids.poolId })).WaitingUsers, 1)
    })
  })
}
