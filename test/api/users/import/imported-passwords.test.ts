import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ChangePasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import { csv, emailPool, importFile } from '../../../support/imports.ts'
import { givenTokens, goodPassword, signInByPassword, signInBySrp } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'

const header = 'cognito:username,email,email_verified,password_hash'
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

/** Password hashes that other programs made: algorithm, password and hash. imported-hash.test.ts names the programs. */
const hashes = [
  ['BCRYPT', 'correct horse', '$2a$06$abcdefghijklmnopqrstuud/5IuQmqhVO0kfNEbHJM.fJkPiliBzC'],
  [
    'SCRYPT',
    'correct horse',
    '65536$8$1$00112233445566778899aabbccddeeff$c5a36dd1672b7227d354ee26141acc401ce3485b90716e85b5f0a749f3e1e258',
  ],
  ['ARGON2ID', 'password', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'],
  ['PBKDF2_SHA256', 'toomanysecrets', '$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk'],
] as const

for (const engine of engines) {
  describe(`Imported password hashes on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const [PasswordHashingAlgorithm, password, hash] of hashes) {
      it(`of ${PasswordHashingAlgorithm} allow a sign-in with the password, and with SRP after that`, async () => {
        const ids = await server().givenPool(emailPool)
        const file = csv(header, `ana,ana@example.test,true,${hash.replaceAll(',', '\\,')}`)
        const job = await importFile(server(), ids.poolId, file, { PasswordHashingAlgorithm })
        assert.equal(job.ImportedUsers, 1)
        assert.equal((await adminGet(server(), ids.poolId, 'ana')).UserStatus, 'CONFIRMED')

        await assert.rejects(signInBySrp(server(), ids, 'ana', password), wrong)
        await assert.rejects(signInByPassword(server(), ids.clientId, 'ana', `${password}!`), wrong)
        await givenTokens(server(), ids.clientId, 'ana', password)

        assert.ok((await signInBySrp(server(), ids, 'ana', password)).AuthenticationResult)
        await givenTokens(server(), ids.clientId, 'ana', password)
        await assert.rejects(signInByPassword(server(), ids.clientId, 'ana', `${password}!`), wrong)
      })
    }

    it('can be replaced with ChangePassword', async () => {
      const { poolId, clientId } = await server().givenPool(emailPool)
      const [algorithm, password, hash] = hashes[0]
      await importFile(server(), poolId, csv(header, `ben,ben@example.test,true,${hash}`), { PasswordHashingAlgorithm: algorithm })
      const { accessToken } = await givenTokens(server(), clientId, 'ben', password)
      await server().send(
        new ChangePasswordCommand({ AccessToken: accessToken, PreviousPassword: password, ProposedPassword: goodPassword }),
      )
      await givenTokens(server(), clientId, 'ben', goodPassword)
      await assert.rejects(signInByPassword(server(), clientId, 'ben', password), wrong)
    })

    it('may be missing: such users have to reset their password', async () => {
      const { poolId, clientId } = await server().givenPool({
        ...emailPool,
        client: { PreventUserExistenceErrors: 'LEGACY' },
      })
      await importFile(server(), poolId, csv(header, 'cem,cem@example.test,true,'), { PasswordHashingAlgorithm: 'BCRYPT' })
      assert.equal((await adminGet(server(), poolId, 'cem')).UserStatus, 'RESET_REQUIRED')
      await assert.rejects(signInByPassword(server(), clientId, 'cem'), { name: 'PasswordResetRequiredException' })
    })
  })
}
