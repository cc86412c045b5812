import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '../../access/request-signer.ts'
import { engines } from '../../support/engines.ts'
import { blockOfGuide } from '../../support/guide-blocks.ts'
import { nginxPath, startNginx } from '../../support/nginx.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'

const secret = 'change-this-secret'
const flags = ['--authorize-secret', secret]
// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
const ownPath = 'arn:aws:files:::data/${cognito-identity.amazonaws.com:sub}/*'
const requirements = 'Service=files&Action=files:{method}&Resource=arn:aws:files:::data{path}'

for (const engine of engines) {
  describe(`The questions of proxies on ${engine.name}`, () => {
    let server: ProductionServer
    let pools: Awaited<ReturnType<typeof givenProductionPools>>
    let logins: Readonly<Record<string, string>>
    let ana: { id: string; credentials: Credentials; token: string }

    before(async () => {
      server = await startProductionServer(engine, { flags })
      pools = await givenProductionPools(server, await server.createKey())
      await pools.setRoles({
        authenticated: await pools.putRole('files', [{ Effect: 'Allow', Action: 'files:GET', Resource: ownPath }]),
        unauthenticated: await pools.putRole('guest', [{ Effect: 'Allow', Action: 'files:GET', Resource: ownPath }], {
          amr: 'unauthenticated',
        }),
      })
      logins = await pools.signIn('ana')
      const id = await pools.getId(logins)
      ana = { id, credentials: await pools.getCredentials(id, logins), token: Object.values(logins)[0] ?? '' }
    })
    after(() => server.close())

    async function sign(
      path: string,
      { method = 'GET', host = 'files.test', service = 'files', headers = {}, credentials = ana.credentials } = {},
    ) {
      const signer = new SignatureV4({
        service,
        region: 'eu-west-1',
        credentials,
        sha256: Sha256,
        uriEscapePath: service !== 's3',
        applyChecksum: false,
      })
      const request = { method, protocol: 'http:', hostname: host, path, query: {}, headers: { host, ...headers } }
      const signed = await signer.sign(request, { signingDate: new Date(server.clock.now()) })
      return signed.headers as Record<string, string>
    }
    const asNginx = (path: string, headers: Readonly<Record<string, string>>, { required = requirements, method = 'GET' } = {}) => {
      const { host = 'files.test', ...rest } = headers
      const told = { 'x-original-method': method, 'x-original-uri': path, 'x-original-host': host, 'x-authorize-secret': secret }
      return fetch(`${server.url}/authorize/nginx?${required}`, { headers: { ...rest, ...told } })
    }
    const reasonOf = ({ status, headers }: Response) => [status, headers.get('x-auth-reason')]
    const bearer = () => ({ authorization: `Bearer ${ana.token}` })

    it('are answered with 200 and who it is, 401 or 403', async () => {
      const own = `/${ana.id}/note.txt`
      const allowed = await asNginx(own, await sign(own))
      assert.deepEqual(reasonOf(allowed), [200, null])
      assert.equal(allowed.headers.get('x-auth-type'), 'RoleSession')
      assert.equal(allowed.headers.get('x-auth-identity-id'), ana.id)
      assert.equal(allowed.headers.get('x-auth-sub'), '')
      assert.deepEqual(reasonOf(await asNginx('/other/note.txt', await sign('/other/note.txt'))), [403, 'not-allowed'])
      const put = await asNginx(own, await sign(own, { method: 'PUT' }), { method: 'PUT' })
      assert.deepEqual(reasonOf(put), [403, 'not-allowed'])
      const none = await asNginx(own, {})
      assert.deepEqual([...reasonOf(none), none.headers.get('www-authenticate')], [401, 'MissingAuthenticationToken', 'Bearer'])
      assert.deepEqual(reasonOf(await asNginx(own, await sign(`${own}x`))), [401, 'SignatureDoesNotMatch'])
      assert.equal((await asNginx(own, await sign(own, { service: 's3' }))).status, 401)
    })

    it('take bearer tokens of the named user pool, with the named groups', async () => {
      const required = `UserPoolId=${pools.userPoolId}`
      const user = await asNginx('/', bearer(), { required })
      assert.deepEqual([user.status, user.headers.get('x-auth-type'), user.headers.get('x-auth-username')], [200, 'User', 'ana'])
      assert.deepEqual(reasonOf(await asNginx('/', bearer(), { required: `${required}&RequiredGroup=admins` })), [403, 'not-allowed'])
      assert.deepEqual(reasonOf(await asNginx('/', bearer(), { required: '' })), [401, 'InvalidToken'])
      const wrong = await asNginx('/', { authorization: 'Bearer x' }, { required })
      assert.deepEqual([wrong.status, wrong.headers.get('www-authenticate')], [401, 'Bearer error="invalid_token"'])
      const guest = await pools.getCredentials(await pools.getId({}), {})
      assert.equal((await asNginx('/', await sign('/', { credentials: guest }), { required })).status, 401)
    })

    it('refuse paths that servers read in different ways, where the policy is asked about the path', async () => {
      const paths = ['..', '%2e%2e', '.%2E', '', '%2f', 'a%2fb', 'a\\b', 'a%5Cb', '%00', 'a;b', '%252e', '%ff'].map(
        (part) => `/${ana.id}/${part}/x`,
      )
      for (const path of [...paths, `/${ana.id}/${'a'.repeat(2048)}`]) {
        const answer = await asNginx(path, { ...(await sign(path)), host: 'files.test' })
        assert.equal(answer.status, 403, path)
      }
    })

    it('are refused without the secret of the setting, and where the proxy is set up wrongly', async () => {
      const own = `/${ana.id}/note.txt`
      const signed = await sign(own)
      const url = `${server.url}/authorize/nginx?${requirements}`
      const told = { 'x-original-method': 'GET', 'x-original-uri': own, 'x-original-host': 'files.test' }
      const { host: _host, ...rest } = signed
      for (const wrong of [{}, { 'x-authorize-secret': 'wrong' }, { 'x-authorize-secret': `${secret}, ${secret}` }]) {
        assert.equal((await fetch(url, { headers: { ...rest, ...told, ...wrong } })).status, 401)
      }
      const right = { ...rest, 'x-authorize-secret': secret }
      for (const name of Object.keys(told)) {
        const incomplete = Object.fromEntries(Object.entries(told).filter(([key]) => key !== name))
        assert.equal((await fetch(url, { headers: { ...right, ...incomplete } })).status, 400, name)
      }
      for (const required of ['Requiredgroup=admins', 'Service=', 'Action=files:GET', 'Service=a&Service=b', 'x']) {
        assert.equal((await asNginx(own, signed, { required })).status, 400, required)
      }
    })

    it('of Traefik count its own headers only, and of Envoy the path after the prefix', async () => {
      const own = `/${ana.id}/note.txt`
      const { host: _host, ...signed } = await sign(own)
      const secretHeader = { 'x-authorize-secret': secret }
      const told = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': own, 'x-forwarded-host': 'files.test' }
      const clients = { 'x-original-uri': '/other', 'x-original-method': 'PUT' }
      const traefik = (headers: Record<string, string>) => fetch(`${server.url}/authorize/traefik?${requirements}`, { headers })
      assert.equal((await traefik({ ...signed, ...told, ...clients, ...secretHeader })).status, 200)
      assert.equal((await traefik({ ...signed, ...clients, ...secretHeader })).status, 400)

      const { host } = new URL(server.url)
      const envoy = async (path: string, method = 'GET', required = requirements) => {
        const { host: _own, ...headers } = await sign(path.replace(/\?.*/, ''), { host, method })
        const added = { ...secretHeader, 'x-authorize-requirements': required }
        return fetch(`${server.url}/authorize/envoy${path}`, { method, headers: { ...headers, ...added } })
      }
      assert.equal((await envoy(own)).status, 200)
      // Envoy does not say whether a PUT has a body, and the signature names none.
      assert.deepEqual(reasonOf(await envoy(own, 'PUT')), [401, 'SignatureDoesNotMatch'])
      assert.equal((await envoy(own, 'DELETE')).status, 403)
      assert.equal((await fetch(`${server.url}/authorize/envoy${own}`, { headers: { ...signed, ...secretHeader } })).status, 400)
      assert.equal((await envoy('/other')).status, 403)
      assert.equal((await envoy('/other', 'GET', 'none')).status, 200)
      assert.equal((await envoy('/other?Action=x', 'GET')).status, 401)
    })

    it('do not exist in a server without the setting', async () => {
      await using other = await startProductionServer(engine)
      assert.equal((await fetch(`${other.url}/authorize/nginx`)).status, 404)
      assert.equal((await fetch(`${other.url}/authorize/envoy/`)).status, 404)
    })

    it('of nginx work with the configuration of the guide', { skip: nginxPath === undefined && 'this machine has no nginx' }, async () => {
      const seen: IncomingHttpHeaders[] = []
      const service = createServer((request, response) => {
        seen.push(request.headers)
        response.end('served')
      }).listen(0, '127.0.0.1')
      await once(service, 'listening')
      const { port } = service.address() as AddressInfo
      const locations = blockOfGuide('authorize-proxies.md', 'nginx')
        .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
        .replace('127.0.0.1:9911', new URL(server.url).host)
      await using nginx = await startNginx(locations)
      try {
        const { host } = new URL(nginx.url)
        const get = async (path: string, signedPath: string, more: Record<string, string> = {}) => {
          const { host: _host, ...headers } = await sign(signedPath, { host })
          return fetch(nginx.url + path, { headers: { ...headers, ...more } })
        }
        const own = `/${ana.id}/note.txt`
        const spoofed = { 'X-Auth-Sub': 'eve', 'X-Auth-Type': 'AccessKey', 'X-Original-URI': own, 'X-Authorize-Secret': 'x' }
        assert.equal(await (await get(own, own, spoofed)).text(), 'served')
        assert.deepEqual(
          [seen[0]?.['x-auth-type'], seen[0]?.['x-auth-identity-id'], seen[0]?.['x-auth-sub']],
          ['RoleSession', ana.id, undefined],
        )
        assert.equal((await get('/other/note.txt', '/other/note.txt', spoofed)).status, 403)
        assert.equal((await get(own, '/other/note.txt')).status, 401)
        assert.equal((await fetch(nginx.url + own)).status, 401)
        const { host: _host, ...headers } = await sign(own, { host, method: 'PUT', headers: { 'content-length': '4' } })
        const { 'content-length': _length, ...sent } = headers
        assert.equal((await fetch(nginx.url + own, { method: 'PUT', body: 'text', headers: sent })).status, 401)
        assert.equal(seen.length, 1)
      } finally {
        service.close().closeAllConnections()
      }
    })
  })
}
