import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { sha1Of, useRangeService } from '../support/range-service.ts'
import { LifeguardProcess, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const check = (source: string) => new LifeguardProcess(['breached-passwords', 'check', source]).ended

describe('lifeguard breached-passwords check', () => {
  const service = useRangeService(['password'])

  it('says that a file can be used, and how many hashes it has', async () => {
    const file = join(folder, 'good.txt')
    const lines = Array.from({ length: 1000 }, (_, i) => `${sha1Of(`password ${i}`)}:7`).sort()
    writeFileSync(file, `${lines.join('\r\n')}\r\n`)
    const { code, stdout } = await check(file)
    assert.equal(code, 0)
    assert.match(stdout, /good\.txt can be used: about 1000 hashes in 44000 bytes\./)
  })

  it('says what is wrong with a file', async () => {
    const file = join(folder, 'wrong.txt')
    writeFileSync(
      file,
      `${['b', 'a']
        .map((password) => `${sha1Of(password)}:7`)
        .sort()
        .reverse()
        .join('\n')}\n`,
    )
    const { code, stderr } = await check(file)
    assert.equal(code, 1)
    assert.match(stderr, /wrong\.txt cannot be used: its lines are not sorted by their hashes\./)
  })

  it('says whether a service answers as a range service, and knows the most common password', async () => {
    const good = await check(service.origin())
    assert.deepEqual([good.code, good.stdout], [0, `${service.origin()} can be used: it answers as a range service.\n`])
    service.behave({ body: '' })
    const empty = await check(service.origin())
    assert.equal(empty.code, 1)
    assert.match(empty.stderr, /does not know the most common password/)
    service.behave({ status: 503 })
    assert.match((await check(service.origin())).stderr, /cannot be used: it answered with the status 503\./)
  })

  it('is part of check-config', async () => {
    const file = join(folder, 'cut.txt')
    writeFileSync(file, `${sha1Of('a')}:7\n${sha1Of('b').slice(0, 20)}`)
    const { stdout } = await new LifeguardProcess(['check-config', 'dev', '--breached-passwords', `embedded,${service.origin()},${file}`])
      .ended
    assert.match(stdout, /^ok +--breached-passwords: the service 127\.0\.0\.1:\d+ accepts connections\.$/m)
    assert.match(stdout, /^error +--breached-passwords: the file .*cut\.txt cannot be used: a line is not of the form SHA1:count\.$/m)
  })
})
