import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { lookedUp } from '../../../src/protection/breached-passwords/breach-source.ts'
import { openFileSource } from '../../../src/protection/breached-passwords/file-source.ts'
import { sha1Of } from '../../support/range-service.ts'

const passwords = Array.from({ length: 20_000 }, (_, i) => `password ${i}`)
const sorted = passwords.map((password, i) => `${sha1Of(password)}:${(i % 1000) ** 2 + 1}`).sort()
const complete = (lineBreak: string) => sorted.join(lineBreak) + lineBreak

describe('A file of stolen passwords', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lifeguard-hashes-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function fileOf(text: string | Buffer): Promise<string> {
    const path = join(folder, `${Math.random()}.txt`)
    await writeFile(path, text)
    return path
  }
  const open = async (text: string | Buffer) => (await openFileSource(await fileOf(text))).source
  const { signal } = new AbortController()

  for (const [name, text] of [
    ['LF', complete('\n')],
    ['CRLF', complete('\r\n')],
    ['no line break at the end', sorted.join('\n')],
    ['hashes in lower case', complete('\n').toLowerCase()],
  ] as const) {
    it(`finds every password of the file, and no other, with ${name}`, async () => {
      const source = await open(text)
      for (let i = 0; i < passwords.length; i += 7) assert.equal(await source.has(lookedUp(passwords[i] ?? ''), signal), true)
      for (const line of [sorted[0], sorted.at(-1)]) {
        const found = passwords.find((password) => sha1Of(password) === line?.slice(0, 40)) ?? ''
        assert.equal(await source.has(lookedUp(found), signal), true)
      }
      for (let i = 0; i < 2000; i++) assert.equal(await source.has(lookedUp(`other ${i}`), signal), false)
      await source.close()
    })
  }

  it('finds the password in a file of one line, and none whose count is 0', async () => {
    const one = await open(`${sha1Of('a')}:3\n`)
    assert.equal(await one.has(lookedUp('a'), signal), true)
    assert.equal(await one.has(lookedUp('b'), signal), false)
    await one.close()
    const none = await open(`${sha1Of('a')}:0\n`)
    assert.equal(await none.has(lookedUp('a'), signal), false)
    await none.close()
  })

  const text = complete('\r\n')
  const byCount = sorted.toSorted((one, other) => Number(other.slice(41)) - Number(one.slice(41)))
  for (const [name, content, reason] of [
    ['is empty', '', /^it is empty/],
    ['was cut off within a hash', text.slice(0, text.indexOf('\r\n', 700_000) + 20), /form SHA1:count/],
    ['was cut off between two lines', `${sorted.slice(0, 15_000).join('\n')}\n`, /^its end is missing/],
    ['lacks its beginning', `${sorted.slice(500).join('\n')}\n`, /^its beginning is missing/],
    ['is ordered by count', `${byCount.join('\n')}\n`, /not sorted/],
    ['has hashes of another kind', `${'A'.repeat(32)}:3\n`, /form SHA1:count/],
    ['has hashes without counts', `${sha1Of('a')}\n`, /form SHA1:count/],
    ['is binary', Buffer.alloc(100_000, 7), /too long|form SHA1:count/],
    ['has one endless line', 'A'.repeat(100_000), /too long|form SHA1:count/],
    ['is UTF-16', Buffer.from(text, 'utf16le'), /form SHA1:count|too long/],
  ] as const) {
    it(`is refused when it ${name}`, async () => {
      await assert.rejects(openFileSource(await fileOf(content)), { name: 'BreachSourceError', message: reason })
    })
  }

  it('is refused when it does not exist, or is a folder', async () => {
    await assert.rejects(openFileSource(join(folder, 'none')), { name: 'BreachSourceError', message: 'it cannot be opened (ENOENT)' })
    await assert.rejects(openFileSource(folder), { name: 'BreachSourceError' })
  })

  it('gives an error and never finds a password when it is cut off while it is open', async () => {
    const path = await fileOf(text)
    const { source } = await openFileSource(path)
    await writeFile(path, text.slice(0, 1000))
    await assert.rejects(source.has(lookedUp(passwords[1] ?? ''), signal), { name: 'BreachSourceError' })
    await source.close()
  })

  it('gives an error when the lines on the way are not sorted', async () => {
    const path = await fileOf(text)
    const { source } = await openFileSource(path)
    await writeFile(path, `${byCount.join('\r\n')}\r\n`)
    const outcomes = await Promise.allSettled(passwords.slice(0, 200).map((password) => source.has(lookedUp(`${password}!`), signal)))
    assert.ok(outcomes.some(({ status }) => status === 'rejected'))
    assert.ok(outcomes.every((outcome) => outcome.status === 'rejected' || outcome.value === false))
    await source.close()
  })

  it('stops looking when the time is over', async () => {
    const source = await open(text)
    await assert.rejects(source.has(lookedUp('a'), AbortSignal.abort()), { name: 'BreachSourceError' })
    await source.close()
  })
})
