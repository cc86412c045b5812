import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { dayMs, minuteMs } from '../../../../src/base/durations.ts'
import { adminGet } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import { createJob, csv, emailPool, keyOf, startJob, upload, waitForJobEnd } from '../../../support/imports.ts'
import { useTestServer } from '../../../support/test-server.ts'

const header = 'cognito:username,email,email_verified'
const file = csv(header, 'ana,ana@example.test,true')

for (const engine of engines) {
  describe(`The file of an import job on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--quotas', '{"importRows":1000,"importMegabytes":1}'] })

    async function givenJob() {
      const { poolId } = await server().givenPool(emailPool)
      return createJob(server(), poolId)
    }

    it('is accepted only at the pre-signed URL of the job', async () => {
      const [job, other] = [await givenJob(), await givenJob()]
      const url = new URL(job.PreSignedUrl ?? '')
      const signature = url.searchParams.get('Signature') ?? ''
      const changes: ((url: URL) => void)[] = [
        (changed) => changed.searchParams.set('Signature', `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`),
        (changed) => changed.searchParams.set('Signature', ''),
        (changed) => changed.searchParams.delete('Signature'),
        (changed) => changed.searchParams.append('Signature', signature),
        (changed) => changed.searchParams.set('Expires', String(Date.now() + dayMs)),
        (changed) => changed.searchParams.delete('Expires'),
        (changed) => {
          changed.pathname = changed.pathname.replace(job.JobId ?? '', other.JobId ?? '')
        },
        (changed) => {
          changed.pathname = changed.pathname.replace(job.UserPoolId ?? '', other.UserPoolId ?? '')
        },
      ]
      for (const change of changes) {
        const changed = new URL(url)
        change(changed)
        const { status } = await upload(changed.href, file)
        assert.equal(status, 403, changed.href)
      }
      await assert.rejects(startJob(server(), keyOf(job)), { name: 'PreconditionNotMetException' })
      assert.equal((await upload(url.href, file)).status, 200)
    })

    it('is refused after 15 minutes', async () => {
      const job = await givenJob()
      server().clock.advance(15 * minuteMs)
      assert.equal((await upload(job.PreSignedUrl, file)).status, 403)
    })

    it('is refused when it is empty', async () => {
      assert.equal((await upload((await givenJob()).PreSignedUrl, '')).status, 400)
    })

    for (const [what, long, message] of [
      ['rows', csv(header, ...Array<string>(1001).fill('a,b,c')), 'There can be at most 1000 rows in an import file.'],
      ['bytes', csv(header, ...Array<string>(100).fill('x'.repeat(11_000))), 'There can be at most 1 megabytes in an import file.'],
    ] as const) {
      it(`is refused with too many ${what}; the job can still start with the earlier file`, async () => {
        const job = await givenJob()
        await upload(job.PreSignedUrl, file)
        const answer = await upload(job.PreSignedUrl, long)
        assert.equal(answer.status, 413)
        assert.deepEqual(await answer.json(), { message })
        await startJob(server(), keyOf(job))
        // Only one import can run at a time, so the import of this job has to end before the next test starts an import.
        await waitForJobEnd(server(), keyOf(job))
      })
    }

    it('does not replace an earlier file when its upload is aborted', async () => {
      const job = await givenJob()
      await upload(job.PreSignedUrl, file)
      const aborted = new AbortController()
      async function* half() {
        yield Buffer.from(csv(header, 'ben,ben@example.test,true'))
        aborted.abort()
        yield Buffer.from('never')
      }
      const body = Readable.toWeb(Readable.from(half())) as ReadableStream
      await assert.rejects(fetch(job.PreSignedUrl ?? '', { method: 'PUT', body, duplex: 'half', signal: aborted.signal }))
      await startJob(server(), keyOf(job))
      const { ImportedUsers } = await waitForJobEnd(server(), keyOf(job))
      assert.equal(ImportedUsers, 1)
      await adminGet(server(), job.UserPoolId ?? '', 'ana')
    })

    it('may have any content type and no content length', async () => {
      const job = await givenJob()
      const pieces = new Blob([file]).stream()
      const headers = { 'content-type': 'text/csv' }
      const answer = await fetch(job.PreSignedUrl ?? '', { method: 'PUT', body: pieces, headers, duplex: 'half' })
      assert.equal(answer.status, 200)
    })
  })
}
