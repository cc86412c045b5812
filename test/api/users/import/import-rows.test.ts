import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../../support/engines.ts'
import { csv, emailPool, importFile, keyOf, logOf } from '../../../support/imports.ts'
import { useTestServer } from '../../../support/test-server.ts'

const header = 'cognito:username,email,email_verified,name,birthdate,phone_number,updated_at,custom:level,cognito:mfa_enabled,password_hash'
const validRow = 'good,good@example.test,true,Good,01/31/1990,+15550100,1600000000,7,false,'
const columns = header.split(',')

/** `validRow` with the values of `changes` in the columns that `changes` names. */
function row(changes: Readonly<Record<string, string>>): string {
  const values = validRow.split(',')
  return columns.map((column, at) => changes[column] ?? values[at]).join(',')
}

const unverified = 'The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).'
const schema = 'Attributes did not conform to the schema: '

const problems: readonly (readonly [string, string | Buffer, string])[] = [
  ['no username', row({ 'cognito:username': '' }), 'The row has no valid cognito:username.'],
  ['a username with a space', row({ 'cognito:username': 'a b' }), 'The row has no valid cognito:username.'],
  ['a username of 129 characters', row({ 'cognito:username': 'x'.repeat(129) }), 'The row has no valid cognito:username.'],
  ['no verified address', row({ email_verified: 'false' }), unverified],
  ['an empty flag for the verified address', row({ email_verified: '' }), unverified],
  ['a flag without an address', row({ email: '' }), 'Email is required to verify/un-verify an email'],
  ['an invalid flag', row({ email_verified: 'yes' }), `${schema}email_verified: Boolean attributes must be true or false`],
  ['an invalid e-mail address', row({ email: 'nowhere' }), 'Invalid email address format.'],
  ['an invalid phone number', row({ phone_number: '5550100' }), 'Invalid phone number format.'],
  ['an invalid birthdate', row({ birthdate: '31/01/1990' }), `${schema}birthdate: Birthdate must have the form YYYY-MM-DD`],
  ['a time that is not a number', row({ updated_at: 'today' }), `${schema}updated_at: Number attributes must be decimal numbers`],
  ['a number out of range', row({ 'custom:level': '11' }), `${schema}custom:level: Number attributes cannot have a value of more than 10`],
  ['a required attribute missing', row({ name: '' }), `${schema}name: The attribute is required`],
  ['a value that is too long', row({ name: 'x'.repeat(2049) }), `${schema}name: String attributes cannot have a length of more than 2048`],
  ['MFA that is neither on nor off', row({ 'cognito:mfa_enabled': 'perhaps' }), 'cognito:mfa_enabled must be true or false.'],
  ['MFA in a pool without MFA', row({ 'cognito:mfa_enabled': 'true' }), 'cognito:mfa_enabled is true, but MFA is off in the user pool.'],
  ['a malformed hash', row({ password_hash: 'secret' }), 'The password_hash is malformed, or its cost is above the limit.'],
  [
    'a hash with too high a cost',
    row({ password_hash: `$2b$13$${'a'.repeat(53)}` }),
    'The password_hash is malformed, or its cost is above the limit.',
  ],
  ['too few fields', 'good,good@example.test,true', 'The row has 3 fields where the header has 10.'],
  ['a comma too many', `${validRow},`, 'The row has 11 fields where the header has 10.'],
  ['a row of 16,001 characters', row({ name: '€'.repeat(16_001 - row({ name: '' }).length) }), 'The row is longer than 16000 characters.'],
  ['a row of two megabytes', row({ name: 'x'.repeat(2 ** 21) }), 'The row is longer than 16000 characters.'],
  ['a NUL character', row({ name: 'a\0b' }), 'The row contains a NUL character.'],
  ['invalid UTF-8', Buffer.concat([Buffer.from(validRow), Buffer.of(0xc3, 0x28)]), 'The row is not valid UTF-8.'],
]

const headers: readonly (readonly [string, string, string])[] = [
  ['without the username', 'email,email_verified', 'The header of the file is invalid.'],
  ['with an unknown column', 'cognito:username,email,custom:unknown', 'The header of the file is invalid.'],
  ['with a column twice', 'cognito:username,email,email', 'The header of the file is invalid.'],
  ['with sub', 'cognito:username,sub', 'The header of the file is invalid.'],
  ['of two megabytes', 'x'.repeat(2 ** 21), 'The header of the file is invalid.'],
  ['with a NUL character', 'cognito:username,\0', 'The header of the file is invalid.'],
  ['without password hashes', 'cognito:username,email,email_verified', 'The file has no column password_hash.'],
]

for (const engine of engines) {
  describe(`Rows of an import file on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const Schema = [
      { Name: 'name', Required: true },
      { Name: 'level', AttributeDataType: 'Number' as const, NumberAttributeConstraints: { MinValue: '0', MaxValue: '10' } },
    ]
    const poolInput = { pool: { ...emailPool.pool, Schema } }

    it('fail when they are invalid, and the log says why for each; a valid row in the same file is imported', async () => {
      const { poolId } = await server().givenPool(poolInput)
      const lines = problems.flatMap(([, line]) => [Buffer.from('\n'), Buffer.from(line)])
      const file = Buffer.concat([Buffer.from(header), ...lines, Buffer.from(`\n${validRow}\n`)])
      const job = await importFile(server(), poolId, file, { PasswordHashingAlgorithm: 'BCRYPT' })
      assert.deepEqual([job.Status, job.ImportedUsers, job.SkippedUsers, job.FailedUsers], ['Succeeded', 1, 0, problems.length])
      const log = await logOf(server(), keyOf(job))
      for (const [at, [what, , reason]] of problems.entries()) {
        assert.equal(log[at], `[FAILED] Line Number ${at + 2} - ${reason}`, what)
      }
      assert.equal(log.at(-1), `[SUCCEEDED] Line Number ${problems.length + 2} - The import succeeded.`)
    })

    it('fail when they contain a password hash and the job names no hashing algorithm', async () => {
      const { poolId } = await server().givenPool(poolInput)
      const hash = '$2a$06$abcdefghijklmnopqrstuud/5IuQmqhVO0kfNEbHJM.fJkPiliBzC'
      const job = await importFile(server(), poolId, csv(header, row({ password_hash: hash })))
      assert.deepEqual(await logOf(server(), keyOf(job)), [
        '[FAILED] Line Number 2 - The row has a password_hash, but the import job has no PasswordHashingAlgorithm.',
      ])
    })

    for (const [what, line, message] of headers) {
      it(`are not imported from a file with a header ${what}`, async () => {
        const { poolId } = await server().givenPool(poolInput)
        const job = await importFile(server(), poolId, csv(line, validRow), { PasswordHashingAlgorithm: 'BCRYPT' })
        assert.deepEqual([job.Status, job.CompletionMessage], ['Failed', message])
        assert.deepEqual([job.ImportedUsers, job.FailedUsers], [0, 0])
        assert.deepEqual(await logOf(server(), keyOf(job)), [])
      })
    }
  })
}
