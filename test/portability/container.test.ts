import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Manifest } from '../../src/portability/container/manifest.ts'
import { inspectContainer } from '../../src/portability/container/read-container.ts'
import { newIdentity } from '../../src/portability/container/sealing.ts'
import { writeBackupFile } from '../../src/portability/container/write-backup-file.ts'
import { sha256, trailerBytes, trailerOf } from '../../src/portability/container/write-container.ts'
import { contentOf, readBackupFile } from '../support/backup-files.ts'

const passphrase = 'a passphrase of this test'
const owner = await newIdentity()
const sealing = { recipients: [owner.recipient] }
const opening = { identity: owner.identity }
const rows = {
  user_pool: [{ id: 'us-east-1_aaaaaaaaa', name: 'Zoë "quoted"\nsecond line', likeness: null, created_at: 1.5 }],
  user: Array.from({ length: 1234 }, (_, at) => ({ pool_id: 'us-east-1_aaaaaaaaa', sub: `sub-${at}`, enabled: at % 2, password: null })),
  user_alias: [],
}

describe('A backup file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-container-'))
  const good = join(folder, 'good.backup')
  let bytes: Buffer
  let manifest: Manifest
  before(async () => {
    manifest = await writeBackupFile(good, contentOf(rows), sealing, { overwrite: false })
    bytes = readFileSync(good)
  })
  after(() => rmSync(folder, { recursive: true }))

  const inspect = async (path: string) => {
    const file = await open(path, 'r')
    try {
      return await inspectContainer(file)
    } finally {
      await file.close()
    }
  }
  /** Writes the bytes to a file, and expects that they are refused without and with the identity. */
  async function requireRefused(changed: Uint8Array, expected: RegExp, isSeenByInspect = true): Promise<void> {
    const path = join(folder, 'changed.backup')
    writeFileSync(path, changed)
    if (isSeenByInspect) await assert.rejects(inspect(path), { name: 'PortabilityError', message: expected })
    await assert.rejects(readBackupFile(path, opening), { name: 'PortabilityError', message: expected })
  }
  const sectionOf = (name: string) => manifest.sections.find((section) => section.name === name) ?? assert.fail(name)
  /** The file with another manifest in clear, whose checksum is right. */
  function withManifest(change: (text: Manifest) => unknown): Buffer {
    const length = Buffer.byteLength(`${JSON.stringify(manifest)}\n`)
    const clear = Buffer.from(`${JSON.stringify(change(manifest))}\n`)
    return Buffer.concat([bytes.subarray(0, bytes.length - trailerBytes - length), clear, Buffer.from(trailerOf(clear))])
  }

  it('gives back the rows, and the keys, that were written', async () => {
    const { content, rows: read } = await readBackupFile(good, opening)
    assert.deepEqual(read, rows)
    assert.deepEqual(content.keys, contentOf(rows).keys)
    assert.deepEqual(content.head, contentOf(rows).head)
  })

  it('can be read by its owner only, and leaves no unfinished file', () => {
    assert.equal(statSync(good).mode & 0o777, 0o600)
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.partial')),
      [],
    )
  })

  it('shows its manifest without the identity, and no value of a row in clear', async () => {
    assert.deepEqual(await inspect(good), manifest)
    assert.deepEqual(
      manifest.sections.map(({ name, rows: count }) => [name, count]),
      [
        ['keys', undefined],
        ['user_pool', 1],
        ['user', 1234],
        ['user_alias', 0],
        ['manifest', undefined],
      ],
    )
    for (const clear of ['aaaaaaaaa', 'quoted', 'sub-1', Buffer.alloc(32, 7).toString('base64')]) assert.equal(bytes.includes(clear), false)
  })

  it('opens for each of its recipients, and for nobody else', async () => {
    const [ben, eve] = await Promise.all([newIdentity(), newIdentity()])
    const path = join(folder, 'recipients.backup')
    await writeBackupFile(path, contentOf(rows), { recipients: [owner.recipient, ben.recipient] }, { overwrite: false })
    for (const { identity } of [owner, ben]) assert.deepEqual((await readBackupFile(path, { identity })).rows, rows)
    await assert.rejects(readBackupFile(path, { identity: eve.identity }), { message: /was not sealed for this identity/ })
    await assert.rejects(readBackupFile(path, { passphrase }), { message: /sealed for an identity/ })
  })

  it('opens with its passphrase, and with no other', async () => {
    const path = join(folder, 'passphrase.backup')
    await writeBackupFile(path, contentOf(rows), { passphrase }, { overwrite: false })
    assert.deepEqual((await readBackupFile(path, { passphrase })).rows, rows)
    await assert.rejects(readBackupFile(path, { passphrase: `${passphrase}.` }), {
      name: 'PortabilityError',
      message: 'The passphrase is not the one of the backup.',
    })
    await assert.rejects(readBackupFile(path, opening), { message: /sealed under a passphrase/ })
  })

  it('is refused when any part has a changed byte', async () => {
    for (const { name, offset, bytes: length } of manifest.sections) {
      for (const at of [offset, offset + Math.floor(length / 2), offset + length - 1]) {
        const changed = Buffer.from(bytes)
        changed.writeUInt8((changed[at] ?? 0) ^ 1, at)
        await requireRefused(changed, new RegExp(`the section "${name}" was changed`))
      }
    }
    for (let fromEnd = 1; fromEnd <= trailerBytes + 40; fromEnd += 7) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8((changed.at(-fromEnd) ?? 0) ^ 1, bytes.length - fromEnd)
      await requireRefused(changed, /damaged or not complete/)
    }
  })

  it('is refused at every length that is too short, and when something follows its end', async () => {
    const lengths = [0, 1, 18, 19, 20, 100, bytes.length - 1, bytes.length - trailerBytes, bytes.length - trailerBytes - 1]
    for (const { offset } of manifest.sections) lengths.push(offset, offset + 1)
    for (const length of lengths) await requireRefused(bytes.subarray(0, length), /damaged or not complete|is no backup/)
    await requireRefused(Buffer.concat([bytes, Buffer.from('\n')]), /damaged or not complete/)
  })

  it('is refused when its sections are exchanged, left out or doubled, although every checksum is right', async () => {
    const [pool, user] = [sectionOf('user_pool'), sectionOf('user')]
    const swapped = withManifest((text) => ({
      ...text,
      sections: text.sections.map((section) =>
        section.name === 'user'
          ? { ...section, name: 'user_alias' }
          : section.name === 'user_alias'
            ? { ...section, name: 'user' }
            : section,
      ),
    }))
    await requireRefused(swapped, /differs from the sealed copy/, false)
    const fewer = withManifest((text) => ({
      ...text,
      sections: text.sections.map((section) => (section === user ? { ...section, rows: 1000 } : section)),
    }))
    await requireRefused(fewer, /differs from the sealed copy/, false)
    const doubled = withManifest((text) => ({ ...text, sections: [...text.sections.slice(0, 2), pool, ...text.sections.slice(2)] }))
    await requireRefused(doubled, /manifest is not valid/)
  })

  it('is refused when its manifest claims lengths that cannot be, or is no manifest', async () => {
    const withBytes = (length: number) =>
      withManifest((text) => ({ ...text, sections: text.sections.map((section) => ({ ...section, bytes: length })) }))
    for (const length of [-1, 1e300, Number.MAX_SAFE_INTEGER, 0, 0.5]) await requireRefused(withBytes(length), /manifest is not valid/)
    for (const text of [null, [], 'text', 7, {}])
      await requireRefused(
        withManifest(() => text),
        /manifest is not/,
      )
    const hugeManifest = Buffer.from(bytes)
    hugeManifest.write('9999999999', bytes.length - trailerBytes + 21)
    await requireRefused(hugeManifest, /its end is missing/)
  })

  it('is refused when a newer program has written it', async () => {
    await requireRefused(
      withManifest((text) => ({ ...text, format: 2, program: '9.1.0' })),
      /has the format 2, which is newer than this program\. Use Lifeguard 9\.1\.0/,
    )
    await requireRefused(Buffer.concat([Buffer.from('lifeguard-backup 2\n'), bytes.subarray(19)]), /has the format 2, which is newer/)
  })

  it('is not replaced unless it has to be, and stays when the writing of the new one fails', async () => {
    const path = join(folder, 'kept.backup')
    await writeBackupFile(path, contentOf(rows), sealing, { overwrite: false })
    const before = sha256(readFileSync(path))
    await assert.rejects(writeBackupFile(path, contentOf(rows), sealing, { overwrite: false }), { message: /exists/ })
    const failing = contentOf(rows)
    async function* parts(): typeof failing.parts {
      for await (const part of failing.parts) {
        if (part.table === 'user_alias') throw new Error('The database is gone.')
        yield part
      }
    }
    await assert.rejects(writeBackupFile(path, { ...failing, parts: parts() }, sealing, { overwrite: true }), {
      message: 'The database is gone.',
    })
    assert.equal(sha256(readFileSync(path)), before)
    await writeBackupFile(path, contentOf(rows), sealing, { overwrite: true })
    assert.notEqual(sha256(readFileSync(path)), before)
    assert.deepEqual((await readBackupFile(path, opening)).rows, rows)
  })

  it('cannot be written to a folder that does not exist, and says so in one line', async () => {
    const path = join(folder, 'missing', 'x.backup')
    await assert.rejects(writeBackupFile(path, contentOf(rows), sealing, { overwrite: false }), {
      name: 'PortabilityError',
      message: /^The backup file cannot be written: ENOENT[^\n]*$/,
    })
    assert.equal(existsSync(path), false)
  })
})
