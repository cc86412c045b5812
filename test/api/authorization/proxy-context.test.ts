import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { blockOfGuide } from '../../support/guide-blocks.ts'
import { nginxPath, startNginx } from '../../support/nginx.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type ProductionServer, startProductionServer } from '../../support/production-server.ts'

const secret = 'change-this-secret'
const everywhere = { Effect: 'Allow', Action: 'files:*', Resource: '*' }

for (const engine of engines) {
  describe(`The condition keys of requests to a proxy on ${engine.name}`, () => {
    let server: ProductionServer
    let pools: Awaited<ReturnType<typeof givenProductionPools>>
    let service: Server

    before(async () => {
      server = await startProductionServer(engine, { flags: ['--authorize-secret', secret] })
      pools = await givenProductionPools(server, await server.createKey())
      service = createServer((request, response) => request.resume().on('end', () => response.end('served'))).listen(0, '127.0.0.1')
      await once(service, 'listening')
    })
    after(async () => {
      service.close().closeAllConnections()
      await server.close()
    })

    /** A user whose role has these permissions, and who sends an ID token. */
    async function givenUser(username: string, permissions: readonly object[]): Promise<string> {
      const provider = `arn:aws:iam::${server.accountId}:oidc-provider/${pools.provider}`
      const trust = {
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${pools.provider}:aud`]: pools.clientId } },
      }
      const role = await pools.putRole(username, permissions, { trust })
      await pools.signIn(username)
      await pools.addToGroup(username, username, role)
      return Object.values(await pools.tokenOf(username))[0] ?? ''
    }
    const required = (more: string) => `UserPoolId=${pools.userPoolId}&Action=files:{method}&Resource=arn:aws:files:::data&${more}`
    const ask = async (token: string, more: string, { path = '/', headers = {} } = {}) => {
      const told = { 'x-original-method': 'GET', 'x-original-uri': path, 'x-original-host': 'files.test', 'x-authorize-secret': secret }
      const url = `${server.url}/authorize/nginx?${required(more)}`
      return (await fetch(url, { headers: { ...told, ...headers, authorization: `Bearer ${token}` } })).status
    }
    const from = (address: string, name = 'x-original-address') => ({ headers: { [name]: address } })

    describe('aws:SourceIp', () => {
      let office = ''
      let banned = ''
      before(async () => {
        const of = (...networks: string[]) => ({ IpAddress: { 'aws:SourceIp': networks } })
        office = await givenUser('office', [{ ...everywhere, Condition: of('203.0.113.0/24', '2001:db8::/32') }])
        banned = await givenUser('banned', [everywhere, { ...everywhere, Effect: 'Deny', Condition: of('198.51.100.7') }])
      })

      it('is the address in the header that the configuration names', async () => {
        const header = 'AddressHeader=X-Original-Address'
        const answers: [string, number][] = [
          ['203.0.113.9', 200],
          ['198.51.100.9', 403],
          ['203.0.113.9:4711', 200],
          ['::ffff:203.0.113.9', 200],
          ['2001:db8::1', 200],
          ['[2001:db8::1]:4711', 200],
          ['2001:db9::1', 403],
          // A client put the first address there; the proxy appended the second one.
          ['203.0.113.9, 198.51.100.9', 403],
          ['198.51.100.9, 203.0.113.9', 200],
        ]
        for (const [address, status] of answers) assert.equal(await ask(office, header, from(address)), status, address)
        assert.equal(await ask(banned, header, from('198.51.100.7')), 403)
        assert.equal(await ask(banned, header, from('198.51.100.8')), 200)
        assert.equal(await ask(office, 'AddressHeader=X-Forwarded-For', from('203.0.113.9', 'x-forwarded-for')), 200)
      })

      it('does not exist without the requirement, whatever headers the client sends', async () => {
        const claims = Object.assign(
          {},
          ...['x-original-address', 'x-forwarded-for', 'x-real-ip', 'forwarded'].map((name) => from('203.0.113.9', name).headers),
        )
        assert.equal(await ask(office, '', { headers: claims }), 403)
      })

      it('is demanded with the requirement: a request without an address is refused', async () => {
        const header = 'AddressHeader=X-Original-Address'
        for (const address of ['', 'unknown', '203.0.113.9, ', '203.0.113', '203.0.113.9/24', '_hidden', 'fe80::1%eth0, x']) {
          assert.equal(await ask(banned, header, from(address)), 400, address)
        }
        assert.equal(await ask(banned, header), 400)
        assert.equal(await ask(banned, `${header}&AddressHeader=X-Real-IP`, from('203.0.113.9')), 400)
      })

      it('is the true address behind nginx, although the client sends the header as well', {
        skip: nginxPath === undefined && 'no nginx here',
      }, async () => {
        const local = await givenUser('local', [{ ...everywhere, Condition: { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } } }])
        const configuration = blockOfGuide('authorize-proxies.md', 'nginx')
          .replace('127.0.0.1:8080', `127.0.0.1:${(service.address() as AddressInfo).port}`)
          .replace('http://127.0.0.1:9911', server.url)
          .replace(/\?Service=[^"]*/, `?${required('AddressHeader=X-Original-Address')}`)
        await using nginx = await startNginx(configuration)
        const get = async (token: string, headers = {}) =>
          (await fetch(nginx.url, { headers: { ...headers, authorization: `Bearer ${token}` } })).status
        assert.equal(await get(local), 200)
        assert.equal(await get(office), 403)
        for (const name of ['X-Original-Address', 'X-Forwarded-For', 'X_Original_Address', 'Forwarded']) {
          assert.equal(await get(office, { [name]: '203.0.113.9' }), 403, name)
          assert.equal(await get(local, { [name]: '203.0.113.9' }), 200, name)
        }
        assert.equal(await get(office, { 'X-Original-Address': '203.0.113.9', Connection: 'X-Original-Address' }), 403)
      })
    })

    describe('a key of the query', () => {
      let home = ''
      before(async () => {
        home = await givenUser('home', [{ ...everywhere, Condition: { StringLike: { 'files:prefix': ['home/*', ''] } } }])
      })
      const list = (query: string, key = 'files:prefix') => ask(home, `QueryKey=${key}`, { path: `/?${query}` })

      it('has the value of the query parameter', async () => {
        assert.equal(await list('prefix=home/ana'), 200)
        assert.equal(await list('list-type=2&prefix=home%2Fana%20b&max-keys=3'), 200)
        assert.equal(await list('prefix='), 200)
        assert.equal(await list('prefix'), 200)
        assert.equal(await list('prefix=other/'), 403)
        assert.equal(await list('prefix=HOME/'), 403)
        assert.equal(await list('delimiter=/'), 403)
        assert.equal(await ask(home, 'QueryKey=files:prefix'), 403)
        assert.equal(await ask(home, '', { path: '/?prefix=home/ana' }), 403)
      })

      it('refuses parameters that services read in different ways', async () => {
        const queries = [
          'prefix=home/&prefix=other/',
          'prefix=home/&Prefix=other/',
          'prefix=home/&prefix[]=other/',
          'prefix=home/&prefix%5B0%5D=other/',
          'prefix=home/&prefix.x=other/',
          'prefix=home/&%70refix=other/',
          'prefix=home/&+prefix=other/',
          'prefix=home/&%20prefix=other/',
          'prefix=home/&prefix%00=other/',
          'prefix=home/&prefix%=other/',
          'prefix=home/;prefix=other/',
          'a=1;prefix=other/&prefix=home/',
          '%70refix=home/',
          'Prefix=home/',
          'prefix=home/+a',
          'prefix=home/%0aother',
          'prefix=home/%ff',
          `prefix=home/${'a'.repeat(2048)}`,
        ]
        for (const query of queries) assert.equal(await list(query), 403, query)
      })

      it('cannot be a key that says who the client is, and not be there twice', async () => {
        for (const key of ['aws:sourceip', 'aws:PrincipalArn', 'cognito-identity.amazonaws.com:sub', 'keycloak:sub', 'prefix', 'files:']) {
          assert.equal(await list('prefix=home/', key), 400, key)
        }
        assert.equal(await list('prefix=home/', 'files:prefix&QueryKey=files:Prefix'), 400)
      })
    })

    it('have the User-Agent of the client', async () => {
      const token = await givenUser('browser', [{ ...everywhere, Condition: { StringLike: { 'aws:UserAgent': 'shop/*' } } }])
      assert.equal(await ask(token, '', { headers: { 'user-agent': 'shop/1' } }), 200)
      assert.equal(await ask(token, '', { headers: { 'user-agent': 'other/1' } }), 403)
    })
  })
}
