import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { writeMmdb } from '../support/mmdb.ts'
import { lifeguard } from './lifeguard-process.ts'
import { check, env, folder } from './one-check.ts'

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

before(async () => {
  assert.equal((await lifeguard(['keys', 'create'], env)).code, 0)
})

describe('lifeguard check-config with files of places', () => {
  const today = new Date().toISOString().slice(0, 10)

  it('tells which databases they are, from when, and how many networks a list has', async () => {
    const cities = file('cities.mmdb', writeMmdb({ '192.0.2.0/24': { country: 'DE' } }, { kind: 'Test-City' }))
    const old = file('old.mmdb', writeMmdb({ '192.0.2.0/24': { asn: 'AS64500' } }, { kind: 'Test-ASN', builtAt: new Date('2024-02-01') }))
    const list = file('list.txt', '# Networks\n192.0.2.0/24\nAS64500\n')
    const { code, lines } = await check('places', ['--geo-database', `${cities},${old}`, '--anonymous-networks', list])
    assert.deepEqual(lines, [
      `ok --geo-database: ${cities} is the database Test-City of ${today}.`,
      `warning --geo-database: ${old} is the database Test-ASN of 2024-02-01. It is old. Get a new one.`,
      `ok --anonymous-networks: ${list} has 2 networks.`,
    ])
    assert.equal(code, 0)
  })

  it('tells what is wrong with them, and the server refuses to start with the same words', async () => {
    const part = file('part.mmdb', writeMmdb({ '192.0.2.0/24': { country: 'DE' } }).subarray(0, 300))
    const list = file('wrong.txt', 'example.com\n')
    const missing = join(folder, 'none.mmdb')
    const messages = [
      { flags: ['--geo-database', part], says: `--geo-database: ${part} cannot be read. It is no MMDB file, or only a part of one.` },
      { flags: ['--geo-database', missing], says: `--geo-database: ${missing} cannot be read (ENOENT).` },
      {
        flags: ['--anonymous-networks', list],
        says: `--anonymous-networks: ${list} cannot be read. Line 1 is no address, no CIDR block and no autonomous system such as AS64496: example.com`,
      },
    ]
    for (const { flags, says } of messages) {
      assert.deepEqual((await check('places', flags)).lines, [`error ${says}`])
      const { code, stderr } = await lifeguard(['serve', ...flags], env)
      assert.equal(code, 1)
      assert.ok(stderr.includes(says), stderr)
    }
  })
})
