import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GetCSVHeaderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import { csv, emailPool, importFile, keyOf, logOf } from '../../../support/imports.ts'
import { useTestServer } from '../../../support/test-server.ts'

for (const engine of engines) {
  describe(`A user import on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('creates the users of a file that was made from the header', async () => {
      const { poolId } = await server().givenPool(emailPool)
      const { CSVHeader = [] } = await server().send(new GetCSVHeaderCommand({ UserPoolId: poolId }))
      const values: Record<string, string> = {
        'cognito:username': 'ana',
        email: 'ana@example.test',
        email_verified: 'TRUE',
        name: 'Ana\\, of the \\ "North"',
        birthdate: '02/28/1990',
        updated_at: '1600000000',
        'cognito:mfa_enabled': 'false',
      }
      const row = CSVHeader.map((column) => values[column] ?? '').join(',')
      const job = await importFile(server(), poolId, csv(CSVHeader.join(','), row))

      assert.equal(job.Status, 'Succeeded')
      assert.deepEqual([job.ImportedUsers, job.SkippedUsers, job.FailedUsers], [1, 0, 0])
      const ana = await adminGet(server(), poolId, 'ana')
      assert.equal(ana.UserStatus, 'RESET_REQUIRED')
      const { sub, ...attributes } = ana.attributes
      assert.match(sub ?? '', /^[0-9a-f-]{36}$/)
      assert.deepEqual(attributes, {
        email: 'ana@example.test',
        email_verified: 'true',
        name: 'Ana, of the \\ "North"',
        birthdate: '1990-02-28',
        updated_at: '1600000000',
      })
      assert.deepEqual(await logOf(server(), keyOf(job)), ['[SUCCEEDED] Line Number 2 - The import succeeded.'])
    })
  })
}
