import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { AdminListGroupsForUserCommand, GetGroupCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { decodeAttestationObject, parseAuthenticatorData } from '@simplewebauthn/server/helpers'
import { srpX } from '../../../../../src/base/srp/exchange.ts'
import { adminGet } from '../../../../support/administration.ts'
import { answerByPasskey, givenChoicePool, startBy } from '../../../../support/choice.ts'
import { engines } from '../../../../support/engines.ts'
import { givenUploadedJob, startJob } from '../../../../support/imports.ts'
import { callLifeguard } from '../../../../support/lifeguard-operations.ts'
import { appOf, respond, setMfa, startTimeStep } from '../../../../support/mfa.ts'
import { pageOrigin } from '../../../../support/passkeys.ts'
import { argon2idOf, bcryptOf, importRecords, usersFile } from '../../../../support/record-imports.ts'
import { sentTo } from '../../../../support/self-service.ts'
import { claimsOf, signInByPassword, signInBySrp } from '../../../../support/sign-in.ts'
import { makePasskey } from '../../../../support/software-authenticator.ts'
import { useTestServer } from '../../../../support/test-server.ts'
import { openTriggerEndpoint } from '../../../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../../../support/user-triggers.ts'

const password = 'Old-password-1'
const totpSecret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

/** A passkey of the user with this `sub`, and the record of it in a users file. */
function newPasskey(sub: string, relyingPartyId = 'example.test') {
  const user = { id: Buffer.from(sub).toString('base64url'), name: 'ana', displayName: 'ana' }
  const rp = { id: relyingPartyId, name: relyingPartyId }
  const options = { challenge: randomBytes(16).toString('base64url'), rp, user, excludeCredentials: [] }
  const passkey = makePasskey(options as unknown as Parameters<typeof makePasskey>[0], pageOrigin)
  const { response } = passkey.registration as { response: { attestationObject: string } }
  const authData = decodeAttestationObject(Buffer.from(response.attestationObject, 'base64url')).get('authData')
  const { credentialPublicKey, counter } = parseAuthenticatorData(authData)
  const publicKey = Buffer.from(credentialPublicKey ?? []).toString('base64url')
  return { passkey, record: { id: passkey.id, publicKey, counter, relyingPartyId, name: 'My phone' } }
}

/** g^x mod N of RFC 5054's group of 3072 bits, by the arithmetic of this test. */
function srpText(poolName: string, username: string): string {
  const salt = randomBytes(16)
  const n = BigInt(`0x${groupHex}`)
  let [base, exponent, verifier] = [2n, BigInt(`0x${Buffer.from(srpX(poolName, username, password, salt)).toString('hex')}`), 1n]
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) verifier = (verifier * base) % n
    base = (base * base) % n
  }
  const bytes = Buffer.from(verifier.toString(16).padStart(768, '0'), 'hex')
  return ['', 'srp', poolName, Buffer.from(username).toString('base64'), salt.toString('base64'), bytes.toString('base64')].join('$')
}

const groupHex = [
  'FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B',
  '302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6',
  '49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D',
  '670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718',
  '3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7D',
  'B3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C',
  'BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF',
].join('')

for (const engine of engines) {
  describe(`Users files on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    it('bring users with their sub, groups, times and states; no trigger fires and no message is sent', async () => {
      const { triggers, ...ids } = await givenPoolWithEvery(server(), endpoint)
      const [ana, ben] = [randomUUID(), randomUUID()]
      const times = { createdAt: '2020-01-02T03:04:05.678Z', updatedAt: '2021-01-02T03:04:05.678Z' }
      const attributes = { email: 'ana@example.test', email_verified: 'true' }
      const file = usersFile([
        { group: 'admins', precedence: 3, description: 'Who may' },
        {
          ...{ username: 'ana', sub: ana, status: 'CONFIRMED', attributes, groups: ['admins', 'others'], ...times },
          password: { algorithm: 'BCRYPT', hash: await bcryptOf(password) },
        },
        { username: 'ben', sub: ben, status: 'UNCONFIRMED', enabled: false },
        { username: 'cia' },
      ])
      const job = await importRecords(server(), ids.poolId, 'LIFEGUARD', file)
      assert.deepEqual([job.Status, job.ImportedUsers], ['Succeeded', 3], job.log.join('\n'))
      assert.deepEqual(job.log, [
        '[SUCCEEDED] Line Number 2 - The group was created.',
        ...[3, 4, 5].map((at) => `[SUCCEEDED] Line Number ${at} - The import succeeded.`),
      ])
      const user = await adminGet(server(), ids.poolId, 'ana')
      assert.deepEqual([user.attributes, user.UserStatus], [{ sub: ana, ...attributes }, 'CONFIRMED'])
      assert.deepEqual([user.UserCreateDate, user.UserLastModifiedDate], [new Date(times.createdAt), new Date(times.updatedAt)])
      const states = await Promise.all(['ben', 'cia'].map((name) => adminGet(server(), ids.poolId, name)))
      assert.deepEqual(
        states.map(({ UserStatus, Enabled }) => [UserStatus, Enabled]),
        [
          ['UNCONFIRMED', false],
          ['RESET_REQUIRED', true],
        ],
      )
      const { Group } = await server().send(new GetGroupCommand({ UserPoolId: ids.poolId, GroupName: 'admins' }))
      assert.deepEqual([Group?.Precedence, Group?.Description], [3, 'Who may'])
      const { Groups = [] } = await server().send(new AdminListGroupsForUserCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
      assert.deepEqual(
        Groups.map(({ GroupName }) => GroupName),
        ['admins', 'others'],
      )
      assert.deepEqual(triggers.fired, [])
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('bring passkeys, authenticator apps and former passwords; passkeys of another relying party are counted', async () => {
      const ids = await givenChoicePool(server(), ['PASSWORD', 'WEB_AUTHN'])
      const sub = randomUUID()
      const { passkey, record } = newPasskey(sub)
      const other = newPasskey(sub, 'other.test').record
      const file = usersFile([{ username: 'ana', sub, passkeys: [record, other], totp: { secret: totpSecret, name: 'phone' } }])
      const job = await importRecords(server(), ids.poolId, 'LIFEGUARD', file)
      assert.equal(job.ImportedUsers, 1, job.log.join('\n'))
      assert.equal(job.CompletionMessage, 'Left out: 1 passkeys that cannot work with this relying party or user.')
      const asked = await startBy(server(), ids.clientId, 'ana', 'WEB_AUTHN')
      const { AuthenticationResult } = await answerByPasskey(server(), ids.clientId, 'ana', asked, passkey)
      assert.equal(claimsOf(AuthenticationResult?.AccessToken ?? '')['sub'], sub)
    })

    it('bring second factors with the preference for one', async () => {
      const ids = await server().givenPool()
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      const mfa = { enabled: ['SMS_MFA', 'SOFTWARE_TOKEN_MFA'], preferred: 'SOFTWARE_TOKEN_MFA' }
      const hash = { algorithm: 'ARGON2ID', hash: await argon2idOf(password) }
      const file = usersFile([{ username: 'ana', password: hash, mfa, totp: { secret: totpSecret } }])
      const job = await importRecords(server(), ids.poolId, 'LIFEGUARD', file)
      assert.match(job.CompletionMessage ?? '', /^Left out: 1 second factors by message/)
      startTimeStep(server())
      const { ChallengeName, Session } = await signInByPassword(server(), ids.clientId, 'ana', password)
      const responses = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: appOf(server(), totpSecret).code() }
      assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
      assert.ok((await respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', Session, responses)).AuthenticationResult)
    })

    it('bring SRP verifiers of other pools, which check plain passwords, and of the same pool, which serve SRP at once', async () => {
      const ids = await server().givenPool()
      const own = ids.poolId.split('_')[1] ?? ''
      const users = [
        { username: 'ana', password: { algorithm: 'SRP', hash: srpText('elsewhere', 'ana') } },
        { username: 'ben', password: { algorithm: 'SRP', hash: srpText(own, 'ben') } },
      ]
      const job = await importRecords(server(), ids.poolId, 'LIFEGUARD', usersFile(users))
      assert.equal(job.ImportedUsers, 2, job.log.join('\n'))
      assert.ok((await signInBySrp(server(), ids, 'ben', password)).AuthenticationResult)
      await assert.rejects(signInBySrp(server(), ids, 'ana', password), { name: 'NotAuthorizedException' })
      assert.ok((await signInByPassword(server(), ids.clientId, 'ana', password)).AuthenticationResult)
      assert.ok((await signInBySrp(server(), ids, 'ana', password)).AuthenticationResult)
    })

    it('skip users whose name or sub exists, in the pool or earlier in the file; a dry run says the same and stores nothing', async () => {
      const { poolId } = await server().givenPool()
      const [first, second] = [randomUUID(), randomUUID()]
      await importRecords(server(), poolId, 'LIFEGUARD', usersFile([{ username: 'ana', sub: first }]))
      // More than one chunk, so that the second occurrence is in another one than the first.
      const many = Array.from({ length: 120 }, (_, at) => ({ username: `user-${at}` }))
      const records = [
        { username: 'other', sub: first },
        { username: 'ana', sub: second },
        { username: first },
        ...many,
        { username: 'user-7' },
        { username: 'last', sub: second, groups: ['new'] },
        { username: 'one-more', sub: second },
      ]
      const outcomes = (log: readonly string[]) => log.map((line) => line.replace(/^\[(\w+)\].*/, '$1'))
      const wanted = ['SKIPPED', 'SKIPPED', 'SKIPPED', ...many.map(() => 'SUCCEEDED'), 'SKIPPED', 'SUCCEEDED', 'SKIPPED']
      const dry = await importRecords(server(), poolId, 'LIFEGUARD', usersFile(records), { DryRun: true })
      assert.deepEqual(outcomes(dry.log), wanted)
      assert.equal(dry.CompletionMessage, 'This was a dry run: no user was stored.')
      assert.equal((await server().send(new ListUsersCommand({ UserPoolId: poolId }))).Users?.length, 1)
      const group = server().send(new GetGroupCommand({ UserPoolId: poolId, GroupName: 'new' }))
      await assert.rejects(group, { name: 'ResourceNotFoundException' })
      const real = await importRecords(server(), poolId, 'LIFEGUARD', usersFile(records))
      assert.deepEqual(outcomes(real.log), wanted)
      assert.deepEqual([real.ImportedUsers, real.SkippedUsers], [dry.ImportedUsers, dry.SkippedUsers])
    })

    it('fail as a whole when their first line is not that of a users file', async () => {
      const { poolId } = await server().givenPool()
      const noHead = await importRecords(server(), poolId, 'LIFEGUARD', '{"username":"ana"}\n{"username":"ben"}')
      assert.deepEqual([noHead.Status, noHead.log], ['Failed', []])
      assert.match(noHead.CompletionMessage ?? '', /^The first line of the file is not that of a users file/)
      const newer = await importRecords(server(), poolId, 'LIFEGUARD', usersFile([{ username: 'a' }], { lifeguard: 'users', version: 2 }))
      assert.equal(newer.CompletionMessage, 'The file has the version 2, but this program reads version 1.')
    })

    it('are refused at the upload when a document is broken; jobs for CSV files are not changed', async () => {
      const { poolId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      for (const [file, reason] of [
        ['{"users":[{"localId":"a"}', 'The file ends before its JSON does.'],
        ['{"people":[]}', 'The file has no list of users under'],
        ['{"users":[}]}', 'The file is not valid JSON.'],
      ] as const) {
        await assert.rejects(importRecords(server(), poolId, 'FIREBASE', file), (error: Error) => error.message.includes(reason), reason)
      }
      await startJob(server(), await givenUploadedJob(server(), poolId, 'cognito:username,email,email_verified\nana,ana@example.test,true'))
    })

    it('exceed no quota: a group above the quota refuses its users', async () => {
      await using small = await import('../../../../support/test-server.ts').then(({ startTestServer }) =>
        startTestServer(engine, { flags: ['--quotas', '{"groupsPerPool":1,"groupsPerUser":2,"passkeysPerUser":1}'] }),
      )
      const { poolId } = await small.givenPool()
      const users = [
        { username: 'ana', groups: ['one'] },
        { username: 'ben', groups: ['two'] },
        { username: 'cia', groups: ['a', 'b', 'c'] },
      ]
      const job = await importRecords(small, poolId, 'LIFEGUARD', usersFile(users))
      assert.deepEqual(job.log, [
        '[SUCCEEDED] Line Number 2 - The import succeeded.',
        '[FAILED] Line Number 3 - There can be at most 1 groups in a user pool.',
        '[FAILED] Line Number 4 - There can be at most 2 groups for each user.',
      ])
      const missing = callLifeguard(small, 'CreateUserRecordsImportJob', {
        UserPoolId: 'us-east-1_nowhere00',
        JobName: 'a',
        Format: 'AUTH0',
      })
      await assert.rejects(missing, { name: 'ResourceNotFoundException' })
    })
  })
}
