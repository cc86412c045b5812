import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createLogger } from '../../src/base/logger.ts'
import { openPlaces } from '../../src/protection/places/open-places.ts'
import { type MmdbValue, writeMmdb } from '../support/mmdb.ts'

const folder = mkdtempSync(join(tmpdir(), 'lifeguard-places-'))
after(() => rmSync(folder, { recursive: true }))

const logger = createLogger({ level: 'silent', format: 'json' })

let count = 0
function file(content: string | Buffer): string {
  const path = join(folder, `file-${count++}`)
  writeFileSync(path, content)
  return path
}

/** The place of the address by these databases and lists, without the members that are undefined. */
async function find(ip: string, { databases = [], list }: { databases?: readonly Buffer[]; list?: string }) {
  const settings = {
    geoDatabase: databases.length === 0 ? undefined : databases.map(file).join(','),
    anonymousNetworks: list === undefined ? undefined : file(list),
  }
  const places = await openPlaces({ settings, logger })
  try {
    return JSON.parse(JSON.stringify(places.find(ip)))
  } finally {
    places.close()
  }
}

const address = '192.0.2.7'
const database = (record: MmdbValue) => writeMmdb({ '192.0.2.0/24': record, '2001:db8::/32': record })

const berlin = { country: 'DE', city: 'Berlin', position: [52.5, 13.4] }

describe('The place of an address', () => {
  const cities: Record<string, MmdbValue> = {
    'of MaxMind and DB-IP': {
      city: { names: { de: 'Berlin (de)', en: 'Berlin' } },
      country: { iso_code: 'DE', names: { en: 'Germany' } },
      location: { latitude: 52.5, longitude: 13.4 },
    },
    'of IPinfo': { city: 'Berlin', country: 'DE', country_name: 'Germany', lat: '52.5', lng: '13.4' },
    'of countries and cities without nesting': { city: 'Berlin', country_code: 'DE', latitude: 52.5, longitude: 13.4 },
  }
  for (const [maker, record] of Object.entries(cities)) {
    it(`has city, country and position by a database ${maker}`, async () => {
      assert.deepEqual(await find(address, { databases: [database(record)] }), berlin)
      assert.deepEqual(await find('2001:db8::7', { databases: [database(record)] }), berlin)
      assert.deepEqual(await find('10.0.0.1', { databases: [database(record)] }), {})
    })
  }

  const networks: Record<string, MmdbValue> = {
    'of MaxMind and DB-IP': { autonomous_system_number: 64500, autonomous_system_organization: 'Example' },
    'of IPinfo': { asn: 'AS64500', as_name: 'Example' },
    'of cities and networks': { traits: { autonomous_system_number: 64500 } },
  }
  for (const [maker, record] of Object.entries(networks)) {
    it(`has the network by a database ${maker}`, async () => {
      assert.deepEqual(await find(address, { databases: [database(record)] }), { network: 'AS64500' })
    })
  }

  it('is anonymous by a database of anonymous addresses, but not only because a hosting company has the address', async () => {
    const hidden: MmdbValue[] = [{ is_tor_exit_node: true }, { vpn: 'true', tor: '' }, { traits: { is_anonymous_proxy: true } }]
    for (const record of hidden) {
      assert.deepEqual(await find(address, { databases: [database(record)] }), { isAnonymous: true })
    }
    const hosting: MmdbValue[] = [{ is_hosting_provider: true }, { vpn: '', hosting: 'true' }]
    for (const record of hosting) {
      assert.deepEqual(await find(address, { databases: [database(record)] }), {})
    }
  })

  it('is put together from several databases, of which the first takes precedence', async () => {
    const first = database({ country: 'DE', city: 'Berlin', lat: '52.5', lng: '13.4' })
    const second = database({ country: 'FR', city: 'Paris', lat: '48.8', lng: '2.3', asn: 'AS64500' })
    assert.deepEqual(await find(address, { databases: [first, second] }), { ...berlin, network: 'AS64500' })
    const country = database({ country: 'FR' })
    assert.deepEqual(await find(address, { databases: [country, first] }), { ...berlin, country: 'FR' })
    assert.deepEqual(await find('84.150.0.1', { databases: [first] }), { country: 'DE' })
  })

  it('leaves out what a database has in another form', async () => {
    const records: MmdbValue[] = [
      { country: 'Germany', city: { names: { de: 'Berlin' } }, lat: '91', lng: '13', asn: 'Example' },
      { country: { iso_code: 49 }, city: 7, location: { latitude: 'north', longitude: 'east' }, autonomous_system_number: 0 },
      { location: { latitude: 52.5 }, country_code: '', city: '', lat: '', lng: '' },
      'text',
    ]
    for (const record of records) assert.deepEqual(await find(address, { databases: [database(record)] }), {})
    const long = await find(address, { databases: [database({ city: 'x'.repeat(250) })] })
    assert.equal(long.city.length, 100)
  })

  it('is anonymous by a list with the address, a block around it, or its network', async () => {
    for (const entry of [
      '192.0.2.7',
      '192.0.2.7/32',
      '192.0.2.0/25',
      '0.0.0.0/0',
      'AS64500',
      'as64500',
      '  192.0.2.0/24  # a VPN',
      '::ffff:192.0.2.7',
    ]) {
      const list = `# A list\r\n\r\n203.0.113.0/24\n${entry}\r\n`
      assert.equal((await find(address, { databases: [database({ asn: 'AS64500' })], list })).isAnonymous, true, entry)
    }
    for (const entry of ['192.0.2.8', '192.0.2.128/25', 'AS64501', '# 192.0.2.7', '::/0', '2001:db8::/32', '']) {
      assert.equal((await find(address, { databases: [database({ asn: 'AS64500' })], list: entry })).isAnonymous, undefined, entry)
    }
    for (const entry of ['2001:db8::7', '2001:db8::/32', '2001:DB8:0:0:0:0:0:0/127', '::/0']) {
      const isListed = !entry.endsWith('/127')
      assert.equal((await find('2001:0db8::0007', { list: entry })).isAnonymous, isListed ? true : undefined, entry)
    }
  })

  it('is refused by a list with a line that is no network, which the error names', async () => {
    for (const entry of [
      'example.com',
      '192.0.2.7/33',
      '2001:db8::/129',
      '192.0.2.0/',
      'ASX',
      'AS',
      '192.0.2.7 192.0.2.8',
      '::ffff:192.0.2.0/24',
    ]) {
      await assert.rejects(find(address, { list: `192.0.2.7\n${entry}\n` }), (error: Error) => {
        assert.equal(error.name, 'SettingsError')
        assert.match(error.message, /^--anonymous-networks: .*file-\d+ cannot be read\. Line 2 is no address/)
        return true
      })
    }
  })

  it('is refused by a database that is none, or only a part of one', async () => {
    const whole = database({ country: 'DE' })
    const nothing = Buffer.alloc(0)
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, 0, whole.length - 200)
    for (const broken of [nothing, Buffer.from('hello'), whole.subarray(0, whole.length / 2), whole.subarray(500), damaged]) {
      await assert.rejects(find(address, { databases: [broken] }), /^SettingsError: --geo-database: .* cannot be read\. It is /)
    }
  })
})
