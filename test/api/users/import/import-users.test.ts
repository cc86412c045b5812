import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CreateUserPoolCommandInput, GetCSVHeaderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently, adminGet } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import { createJob, csv, emailPool, importFile, keyOf, logOf, startJob, upload, waitForJobEnd } from '../../../support/imports.ts'
import { useTestServer } from '../../../support/test-server.ts'

const header = 'cognito:username,email,email_verified'
const rowOf = (name: string) => `${name},${name}@example.test,true`

for (const engine of engines) {
  describe(`A user import on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function importInto(pool: Partial<CreateUserPoolCommandInput>, file: RequestInit['body']) {
      const { poolId } = await server().givenPool({ pool: { ...emailPool.pool, ...pool } })
      const job = await importFile(server(), poolId, file)
      return { poolId, job, log: await logOf(server(), keyOf(job)) }
    }

    it('creates the users of a file with the header of GetCSVHeader, and sends no messages', async () => {
      const Schema = [{ Name: 'team', AttributeDataType: 'String' as const }]
      const { poolId } = await server().givenPool({ pool: { ...emailPool.pool, Schema } })
      const { CSVHeader = [] } = await server().send(new GetCSVHeaderCommand({ UserPoolId: poolId }))
      assert.equal(
        CSVHeader.join(','),
        'name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified,gender,birthdate,' +
          'zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,custom:team,cognito:mfa_enabled,cognito:username,password_hash',
      )
      const values: Record<string, string> = {
        'cognito:username': 'ana',
        email: 'ana@example.test',
        email_verified: 'TRUE',
        name: 'Ana\\, of the \\ "North"',
        birthdate: '02/28/1990',
        updated_at: '1600000000',
        'custom:team': '=1+1',
        'cognito:mfa_enabled': 'false',
      }
      const row = CSVHeader.map((column) => values[column] ?? '').join(',')
      const job = await importFile(server(), poolId, csv(CSVHeader.join(','), row))

      assert.equal(job.Status, 'Succeeded')
      assert.deepEqual([job.ImportedUsers, job.SkippedUsers, job.FailedUsers], [1, 0, 0])
      assert.ok(job.StartDate && job.CompletionDate && job.StartDate <= job.CompletionDate)
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
        'custom:team': '=1+1',
      })
      assert.deepEqual(await logOf(server(), keyOf(job)), ['[SUCCEEDED] Line Number 2 - The import succeeded.'])
      assert.deepEqual(await server().inbox('ana@example.test'), [])
    })

    it('accepts CRLF, a byte order mark, empty lines, and a last line without a line end', async () => {
      const { poolId, job, log } = await importInto({}, `\uFEFF${header}\r\n${rowOf('bea')}\r\n\r\n\n${rowOf('cem')}`)
      assert.deepEqual([job.ImportedUsers, job.FailedUsers], [2, 0])
      assert.deepEqual(
        log.map((line) => /\d+/.exec(line)?.[0]),
        ['2', '5'],
      )
      assert.equal((await adminGet(server(), poolId, 'cem')).attributes['email_verified'], 'true')
    })

    it('skips a username that exists in the pool or earlier in the file, and does not change its user', async () => {
      const { poolId } = await server().givenPool(emailPool)
      await adminCreateSilently(server(), poolId, 'dan', { attributes: { email: 'old@example.test' } })
      const job = await importFile(server(), poolId, csv(header, rowOf('dan'), rowOf('eva'), 'eva,other@example.test,true'))
      assert.deepEqual([job.ImportedUsers, job.SkippedUsers, job.FailedUsers], [1, 2, 0])
      assert.deepEqual((await logOf(server(), keyOf(job))).slice(0, 2), [
        '[SKIPPED] Line Number 2 - The user already exists.',
        '[SUCCEEDED] Line Number 3 - The import succeeded.',
      ])
      assert.equal((await adminGet(server(), poolId, 'dan')).attributes['email'], 'old@example.test')
      assert.equal((await adminGet(server(), poolId, 'eva')).attributes['email'], 'eva@example.test')
    })

    it('takes an e-mail address as the username, without regard to case, in a pool with e-mail addresses as usernames', async () => {
      const pool = { UsernameAttributes: ['email' as const], UsernameConfiguration: { CaseSensitive: false } }
      const file = csv('email_verified,cognito:username', 'true,fay@example.test', 'true,FAY@example.test', 'true,no-address')
      const { poolId, job, log } = await importInto(pool, file)
      assert.deepEqual([job.ImportedUsers, job.SkippedUsers, job.FailedUsers], [1, 1, 1])
      assert.match(log[2] ?? '', /^\[FAILED\] Line Number 4 - Username should be an email\.$/)
      const fay = await adminGet(server(), poolId, 'fay@example.test')
      assert.equal(fay.Username, fay.attributes['sub'])
    })

    it('fails rows with an alias that is an alias or the username of another user', async () => {
      const pool = { AliasAttributes: ['email' as const, 'preferred_username' as const] }
      const file = csv(
        `${header},preferred_username`,
        'gus,shared@example.test,true,gg',
        'hal,shared@example.test,true,hh',
        'ivo,ivo@example.test,true,gus',
      )
      const { poolId, log } = await importInto(pool, file)
      assert.deepEqual(log.slice(1), [
        '[FAILED] Line Number 3 - An account with the given email already exists.',
        '[FAILED] Line Number 4 - An account with the given preferred_username already exists.',
      ])
      assert.equal((await adminGet(server(), poolId, 'shared@example.test')).Username, 'gus')
      await assert.rejects(adminGet(server(), poolId, 'hal'), { name: 'UserNotFoundException' })
    })

    it('confirms users who can sign in with a code', async () => {
      const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } }
      const { poolId } = await importInto({ Policies }, csv(header, rowOf('jan')))
      assert.equal((await adminGet(server(), poolId, 'jan')).UserStatus, 'CONFIRMED')
    })

    it('activates SMS MFA for rows with cognito:mfa_enabled', async () => {
      const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' }
      const file = csv(`${header},phone_number,cognito:mfa_enabled`, `${rowOf('kim')},+15550100,true`, `${rowOf('lea')},,true`)
      const { poolId, log } = await importInto({ MfaConfiguration: 'OPTIONAL', SmsConfiguration }, file)
      assert.deepEqual((await adminGet(server(), poolId, 'kim')).UserMFASettingList, ['SMS_MFA'])
      assert.equal(log[1], '[FAILED] Line Number 3 - cognito:mfa_enabled is true, but the row has no phone_number.')
    })

    it('ignores a verified flag FALSE for an address that the user does not have, and fails a row with such a flag TRUE', async () => {
      const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' }
      const columns = 'cognito:username,email,email_verified,phone_number,phone_number_verified'
      const rows = ['ana,ana@example.test,TRUE,,FALSE', 'bob,,false,+15550100,true', 'cem,cem@example.test,true,,true']
      const pool = { AutoVerifiedAttributes: ['email' as const, 'phone_number' as const], SmsConfiguration }
      const { poolId, log } = await importInto(pool, csv(columns, ...rows))
      assert.deepEqual(log, [
        '[SUCCEEDED] Line Number 2 - The import succeeded.',
        '[SUCCEEDED] Line Number 3 - The import succeeded.',
        '[FAILED] Line Number 4 - Phone Number is required to verify/un-verify a phone number',
      ])
      const attributesOf = async (name: string) => {
        const { sub: _sub, ...attributes } = (await adminGet(server(), poolId, name)).attributes
        return attributes
      }
      assert.deepEqual(await attributesOf('ana'), { email: 'ana@example.test', email_verified: 'true' })
      assert.deepEqual(await attributesOf('bob'), { phone_number: '+15550100', phone_number_verified: 'true' })
    })

    it('stores a verified flag FALSE for an address that is the username', async () => {
      const pool = {
        UsernameAttributes: ['email' as const, 'phone_number' as const],
        AutoVerifiedAttributes: ['phone_number' as const],
        SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' },
      }
      const file = csv('cognito:username,email_verified,phone_number,phone_number_verified', 'ana@example.test,FALSE,+15550100,TRUE')
      const { poolId, log } = await importInto(pool, file)
      assert.deepEqual(log, ['[SUCCEEDED] Line Number 2 - The import succeeded.'])
      assert.equal((await adminGet(server(), poolId, 'ana@example.test')).attributes['email_verified'], 'false')
    })

    it('adds no verified flag that the file does not contain', async () => {
      const { poolId } = await importInto({}, csv(`${header},phone_number`, `${rowOf('ana')},+15550100`))
      assert.deepEqual(Object.keys((await adminGet(server(), poolId, 'ana')).attributes).toSorted(), [
        'email',
        'email_verified',
        'phone_number',
        'sub',
      ])
    })

    it('returns its log in pages', async () => {
      const rows = Array.from({ length: 1_201 }, (_, at) => rowOf(`user-${at}`))
      const { job, log } = await importInto({}, csv(header, ...rows))
      assert.equal(job.ImportedUsers, 1_201)
      assert.deepEqual(
        log.map((line) => Number(/\d+/.exec(line)?.[0])),
        rows.map((_, at) => at + 2),
      )
    })

    it('imports the last file that was uploaded before the start', async () => {
      const { poolId } = await server().givenPool(emailPool)
      const job = await createJob(server(), poolId)
      assert.equal((await upload(job.PreSignedUrl, csv(header, rowOf('first')))).status, 200)
      assert.equal((await upload(job.PreSignedUrl, csv(header, rowOf('second')))).status, 200)
      await startJob(server(), keyOf(job))
      assert.equal((await upload(job.PreSignedUrl, csv(header, rowOf('third')))).status, 409)
      assert.equal((await waitForJobEnd(server(), keyOf(job))).ImportedUsers, 1)
      assert.equal((await adminGet(server(), poolId, 'second')).Username, 'second')
      await assert.rejects(adminGet(server(), poolId, 'first'), { name: 'UserNotFoundException' })
    })
  })
}
