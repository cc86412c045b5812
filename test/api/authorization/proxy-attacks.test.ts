import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, afterEach, before, describe, it } from 'node:test'
import { AdminAddUserToGroupCommand, CreateGroupCommand } from '@aws-sdk/client-cognito-identity-provider'
import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '../../access/request-signer.ts'
import { engines } from '../../support/engines.ts'
import { envoyPath, startEnvoy } from '../../support/envoy.ts'
import { nginxPath, startNginx } from '../../support/nginx.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'

const secret = 'change-this-secret'
// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
const ownFiles = 'arn:aws:files:::data/${cognito-identity.amazonaws.com:sub}/*'
const requirements = 'Service=files&Action=files:{method}&Resource=arn:aws:files:::data{path}'

const guide = readFileSync(new URL('../../../docs/authorize-proxies.md', import.meta.url), 'utf8')

/** The only block of the section of the guide. */
function blockOf(section: string): string {
  const block = new RegExp(`^## ${section}\n[^]*?\`\`\`\\w+\n([^]*?)\`\`\``, 'm').exec(guide)?.[1]
  assert.ok(block)
  return block
}

type Request = { method?: string; path: string; headers: Readonly<Record<string, string>>; lines?: readonly string[]; body?: string }

/** Sends exactly these bytes, which `fetch` would not: a `#`, a header twice, a body in chunks. Returns the status. */
async function send(url: string, { method = 'GET', path, headers, lines = [], body = '' }: Request): Promise<number> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const all = [...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), ...lines, 'connection: close']
  socket.write([`${method} ${path} HTTP/1.1`, ...all, '', body].join('\r\n'))
  const answer = await text(socket)
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1])
}

const chunked = { lines: ['transfer-encoding: chunked'], body: '4\r\nevil\r\n0\r\n\r\n' }
const sized = { lines: ['content-length: 4'], body: 'evil' }

for (const engine of engines) {
  describe(`Attacks on services behind proxies on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let pools: Awaited<ReturnType<typeof givenProductionPools>>
    let ana: { id: string; credentials: Credentials; token: string }
    let service: Server
    /** The requests that reached the service since the test began. */
    const served: IncomingHttpHeaders[] = []

    before(async () => {
      server = await startProductionServer(engine, { flags: ['--authorize-secret', secret] })
      owner = await server.createKey()
      pools = await givenProductionPools(server, owner)
      const permissions = [{ Effect: 'Allow', Action: ['files:GET', 'files:POST'], Resource: ownFiles }]
      await pools.setRoles({ authenticated: await pools.putRole('files', permissions) })
      const logins = await pools.signIn('ana')
      const id = await pools.getId(logins)
      ana = { id, credentials: await pools.getCredentials(id, logins), token: Object.values(logins)[0] ?? '' }
      service = createServer((request, response) => {
        served.push(request.headers)
        request.resume().on('end', () => response.end('served'))
      }).listen(0, '127.0.0.1')
      await once(service, 'listening')
    })
    afterEach(() => void served.splice(0))
    after(async () => {
      service.close().closeAllConnections()
      await server.close()
    })

    const servicePort = () => (service.address() as AddressInfo).port
    const nginx = (required = requirements) =>
      startNginx(
        blockOf('nginx')
          .replace('127.0.0.1:8080', `127.0.0.1:${servicePort()}`)
          .replace('127.0.0.1:9911', new URL(server.url).host)
          .replace(requirements, required),
      )
    const envoy = (required = requirements) =>
      startEnvoy(blockOf('Envoy').replace('UserPoolId=us-east-1_Example01', required), {
        lifeguard: Number(new URL(server.url).port),
        service: servicePort(),
      })

    const signerOf = () =>
      new SignatureV4({ service: 'files', region: 'eu-west-1', credentials: ana.credentials, sha256: Sha256, applyChecksum: false })

    async function sign(url: string, path: string, method = 'GET', headers: Readonly<Record<string, string>> = {}) {
      const { host } = new URL(url)
      const request = { method, protocol: 'http:', hostname: host, path, query: {}, headers: { host, ...headers } }
      return (await signerOf().sign(request, { signingDate: new Date(server.clock.now()) })).headers
    }

    async function presign(url: string, path: string, method: string) {
      const { host } = new URL(url)
      const request = { method, protocol: 'http:', hostname: host, path, query: {}, headers: { host } }
      const { query } = await signerOf().presign(request, { signingDate: new Date(server.clock.now()), expiresIn: 60 })
      return `${path}?${new URLSearchParams(query as Record<string, string>).toString().replaceAll('+', '%20')}`
    }

    const bearer = (url: string) => ({ host: new URL(url).host, authorization: `Bearer ${ana.token}` })
    const own = () => `/${ana.id}/note.txt`

    const kinds = [
      { name: 'nginx', start: nginx, skip: nginxPath === undefined && 'this machine has no nginx' },
      { name: 'Envoy', start: envoy, skip: envoyPath === undefined && 'this machine has no Envoy' },
    ]

    for (const { name, start, skip } of kinds) {
      it(`${name} refuses a body that was added to a signed request`, { skip }, async () => {
        await using proxy = await start()
        const headers = await sign(proxy.url, own(), 'POST')
        for (const added of [sized, chunked]) {
          assert.equal(await send(proxy.url, { method: 'POST', path: own(), headers, ...added }), 401)
          const lies = [...added.lines, 'x-original-content-length: 0', 'x-original-transfer-encoding: identity']
          assert.equal(await send(proxy.url, { method: 'POST', path: own(), headers, ...added, lines: lies }), 401)
          const path = await presign(proxy.url, own(), 'POST')
          assert.equal(await send(proxy.url, { method: 'POST', path, headers: { host: new URL(proxy.url).host }, ...added }), 401)
        }
        assert.deepEqual(served, [])
        const claimed = await sign(proxy.url, own(), 'POST', { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' })
        assert.equal(await send(proxy.url, { method: 'POST', path: own(), headers: claimed, ...chunked }), 200)
      })

      it(`${name} passes on a request whose signature covers its content length`, { skip }, async () => {
        await using proxy = await start()
        const hash = '0'.repeat(64)
        const headers = await sign(proxy.url, own(), 'POST', { 'content-length': '4', 'x-amz-content-sha256': hash })
        assert.equal(await send(proxy.url, { method: 'POST', path: own(), headers, body: 'text' }), 200)
        const { 'content-length': _length, ...others } = headers
        const lines = ['content-length: 5']
        assert.equal(await send(proxy.url, { method: 'POST', path: own(), headers: others, lines, body: 'texts' }), 401)
      })

      it(`${name} refuses what a service may take for another request`, { skip }, async () => {
        await using proxy = await start()
        const headers = await sign(proxy.url, own())
        const overrides = ['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE', 'X-Original-URL: /other', 'X-Rewrite-URL: /other']
        for (const line of overrides) {
          assert.equal(await send(proxy.url, { path: own(), headers, lines: [line] }), 403, line)
        }
        assert.notEqual(await send(proxy.url, { path: `${own()}#`, headers: await sign(proxy.url, `${own()}#`) }), 200)
        assert.deepEqual(served, [])
      })

      it(`${name} keeps requirements, secret and answers from clients`, { skip }, async () => {
        await using proxy = await start(`UserPoolId=${pools.userPoolId}&RequiredGroup=admins`)
        const weaker = `UserPoolId=${pools.userPoolId}`
        const lines = [`X-Authorize-Requirements: ${weaker}`, 'X-Authorize-Requirements: none', `X-Authorize-Secret: ${secret}`]
        for (const connection of ['close', 'close, X-Authorize-Requirements, X-Authorize-Secret']) {
          const more = [...lines, `Connection: ${connection}`]
          assert.equal(await send(proxy.url, { path: `/x?${weaker}`, headers: bearer(proxy.url), lines: more }), 403)
        }
        for (const path of [`/a/../authorize/envoy/x?${weaker}`, '//authorize/envoy/x', `/authorize/nginx?${weaker}`]) {
          assert.equal(await send(proxy.url, { path, headers: bearer(proxy.url) }), 403, path)
        }
        assert.equal(served.length, 0)
        await using open = await start(weaker)
        const spoofed = ['X-Auth-Sub: eve', 'x-auth-sub: eve', 'X-Auth-Type: AccessKey', 'X-Auth-Identity-Id: eve']
        assert.equal(await send(open.url, { path: '/x', headers: bearer(open.url), lines: spoofed }), 200)
        const { 'x-auth-sub': sub, 'x-auth-type': type, 'x-auth-identity-id': identity = '' } = served[0] ?? {}
        assert.match(String(sub), /^[\da-f-]{36}$/)
        assert.deepEqual([type, identity], ['User', ''])
      })

      it(`${name} takes requirements that are long, and the answer about a user in many groups`, { skip }, async () => {
        const username = `many-${name}`
        await pools.signIn(username)
        const client = server.client(owner)
        for (let number = 0; number < 15; number++) {
          const group = { UserPoolId: pools.userPoolId, GroupName: `${name}-${number}-${'ä'.repeat(110)}` }
          await client.send(new CreateGroupCommand(group))
          await client.send(new AdminAddUserToGroupCommand({ ...group, Username: username }))
        }
        const token = Object.values(await pools.tokenOf(username))[0] ?? ''
        const clients = Array.from({ length: 20 }, (_, index) => `ClientId=unknown${index}`).join('&')
        await using proxy = await start(`UserPoolId=${pools.userPoolId}&ClientId=${pools.clientId}&${clients}`)
        const headers = { host: new URL(proxy.url).host, authorization: `Bearer ${token}` }
        assert.equal(await send(proxy.url, { path: '/x', headers }), 200)
        assert.equal(served[0]?.['x-auth-type'], 'User')
        const told = { 'x-original-method': 'GET', 'x-original-uri': '/', 'x-original-host': 'files.test', 'x-authorize-secret': secret }
        const question = { headers: { ...told, authorization: headers.authorization } }
        const { headers: facts } = await fetch(`${server.url}/authorize/nginx?UserPoolId=${pools.userPoolId}`, question)
        assert.deepEqual([facts.get('x-auth-username'), facts.get('x-auth-groups')], [username, ''])
        assert.equal(facts.get('x-auth-left-out'), 'groups')
      })
    }

    it('headers that read like one of the answer are refused, and those of the answer are not', async () => {
      const added = { 'x-authorize-secret': secret, 'x-authorize-requirements': `UserPoolId=${pools.userPoolId}` }
      const ask = (line: string) =>
        send(server.url, { path: '/authorize/envoy/x', headers: { ...bearer(server.url), ...added }, lines: [line] })
      for (const line of ['X_Auth_Sub: eve', 'x.auth.type: AccessKey', 'X-Auth_Groups: admins']) {
        assert.equal(await ask(line), 403, line)
      }
      assert.equal(await ask('X-Auth-Sub: eve'), 200)
    })

    it('answers decide no browser policy of the service, and set no cookie', async () => {
      const flags = ['--authorize-secret', secret, '--public-url', 'https://id.example.test']
      await using secure = await startProductionServer(engine, { like: server, flags })
      const told = { 'x-original-method': 'GET', 'x-original-uri': '/', 'x-original-host': 'files.test', 'x-authorize-secret': secret }
      const refused = await fetch(`${secure.url}/authorize/nginx?UserPoolId=${pools.userPoolId}`, { headers: told })
      assert.deepEqual([refused.status, refused.headers.get('strict-transport-security')], [401, null])
      assert.deepEqual([refused.headers.get('set-cookie'), refused.headers.get('access-control-allow-origin')], [null, null])
      const other = await fetch(`${secure.url}/healthz`)
      assert.match(String(other.headers.get('strict-transport-security')), /max-age/)
    })
  })
}
