import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connect, createServer } from 'node:tls'
import { promisify } from 'node:util'
import { createLocalAuthority, createSigner } from '../../src/web/tls/local-authority.ts'
import { LifeguardProcess, lifeguard, temporaryFolder } from './lifeguard-process.ts'

const run = promisify(execFile)
const dayMs = 86_400_000

const start = (folder: string, ...more: string[]) => new LifeguardProcess(['dev', '--https', '--port', '0', '--data', folder, ...more])

/** The file that the server asks to trust. */
const trustedBy = async (server: LifeguardProcess): Promise<string> => (await server.says(/Trust +(\S+)/))[1] ?? ''

/** Connects as a browser does to a server with this name, and checks its certificate by the authority in `ca`. */
async function certificateFor(servername: string, port: number, ca: string) {
  const socket = connect({ host: '127.0.0.1', port, servername, ca })
  await once(socket, 'secureConnect')
  const { subjectaltname = '' } = socket.getPeerCertificate()
  socket.destroy()
  return subjectaltname
}

const portOf = async (server: LifeguardProcess): Promise<number> => Number(new URL(await server.url()).port)

describe('lifeguard dev --https', () => {
  it('serves programs that trust the certificate of its ready message, and is their issuer', async () => {
    await using server = start(temporaryFolder())
    const url = await server.url()
    assert.match(url, /^https:\/\/localhost:\d+$/)
    const script = `
      const answers = await Promise.all(process.argv.slice(1).map((address) => fetch(address)))
      console.log(JSON.stringify(answers.map(({ status, headers }) => [status, headers.get('strict-transport-security')])))
      const { POOL, URL } = process.env
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSCognitoIdentityProviderService.CreateUserPool' }
      const { UserPool } = await (await fetch(URL, { method: 'POST', headers, body: '{"PoolName":"first"}' })).json()
      const { issuer } = await (await fetch(URL + '/' + UserPool.Id + '/.well-known/openid-configuration')).json()
      console.log(issuer.replace(UserPool.Id, 'POOL'))`
    const addresses = [url, url.replace('localhost', '127.0.0.1')].map((address) => `${address}/healthz`)
    const args = ['--input-type=module', '-e', script, ...addresses]
    const env = { URL: url, NODE_EXTRA_CA_CERTS: await trustedBy(server) }
    const { stdout, stderr } = await run(process.execPath, args, { env })
    assert.equal(stderr, '')
    // Strict-Transport-Security would break the developer's other servers on localhost, which have no TLS.
    assert.deepEqual(stdout.trim().split('\n'), ['[[200,null],[200,null]]', `${url}/POOL`])
    await assert.rejects(run(process.execPath, args, { env: { URL: url } }), /UNABLE_TO_|SELF_SIGNED_/)
  })

  it('has a certificate for each name below localhost, and for no other name', async () => {
    await using server = start(temporaryFolder())
    const port = await portOf(server)
    const ca = readFileSync(await trustedBy(server), 'utf8')
    for (const name of ['shop.localhost', 'shop.auth.localhost', 'Login.Shop.localhost', `${'a'.repeat(63)}.localhost`]) {
      assert.equal(await certificateFor(name, port, ca), `DNS:${name.toLowerCase()}`)
    }
    assert.equal(await certificateFor('localhost', port, ca), 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    for (const name of ['localhost.example.test', 'id.example.test', 'evillocalhost', 'a..localhost']) {
      await assert.rejects(certificateFor(name, port, ca), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    }
    // More names than the server keeps certificates for.
    for (let at = 0; at < 30; at++) {
      const names = Array.from({ length: 10 }, (_, index) => `n${at}-${index}.localhost`)
      assert.deepEqual(
        await Promise.all(names.map((name) => certificateFor(name, port, ca))),
        names.map((name) => `DNS:${name}`),
      )
    }
  })

  it('keeps its key from other users, and its authority when it starts again', async () => {
    const folder = temporaryFolder()
    let first = ''
    for (const _start of ['first', 'second']) {
      await using server = start(folder)
      const ca = readFileSync(await trustedBy(server), 'utf8')
      await certificateFor('localhost', await portOf(server), ca)
      if (first !== '') assert.equal(ca, first)
      first = ca
      assert.equal((await server.stop()).stderr, '')
    }
    assert.equal(statSync(join(folder, 'https-ca.key')).mode & 0o777, 0o600)
    assert.ok(!first.includes('PRIVATE KEY'))
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('https')),
      ['https-ca.key', 'https-ca.pem'],
    )
  })

  it('replaces an authority that ends before a new certificate would', async () => {
    const folder = temporaryFolder()
    const old = await createLocalAuthority(Date.now() - 3300 * dayMs)
    writeFileSync(join(folder, 'https-ca.key'), `${old.privateKey}${old.certificate}`, { mode: 0o600 })
    writeFileSync(join(folder, 'https-ca.pem'), old.certificate)
    await using server = start(folder)
    const ca = readFileSync(await trustedBy(server), 'utf8')
    assert.ok(new X509Certificate(ca).validToDate.getTime() > Date.now() + 3600 * dayMs)
    await certificateFor('localhost', await portOf(server), ca)
  })

  it('shares the authority among processes that start at the same time', async () => {
    const folder = temporaryFolder()
    await using one = start(folder, '--database', `sqlite:${join(folder, 'one.db')}`)
    await using two = start(folder, '--database', `sqlite:${join(folder, 'two.db')}`)
    const ports = await Promise.all([one, two].map(portOf))
    const ca = readFileSync(await trustedBy(one), 'utf8')
    for (const port of ports) await certificateFor('localhost', port, ca)
  })

  it('does not start with a key file that other users may read or change, or that is none', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'https-ca.key')
    const [one, other] = [await createLocalAuthority(Date.now()), await createLocalAuthority(Date.now())]
    const refuse = async (content: string, mode: number, says: RegExp) => {
      writeFileSync(file, content)
      chmodSync(file, mode)
      const { code, stderr } = await lifeguard(['dev', '--https', '--port', '0', '--data', folder])
      assert.equal(code, 1)
      assert.match(stderr, says)
    }
    const good = `${one.privateKey}${one.certificate}`
    await refuse(good, 0o604, /^lifeguard: --https: \S+https-ca\.key can be read by every user/)
    await refuse(good, 0o620, /^lifeguard: --https: \S+https-ca\.key can be changed by others/)
    for (const content of [
      '',
      'hunter2',
      one.certificate,
      one.privateKey,
      `${one.privateKey}${other.certificate}`,
      `${good}more`.slice(9),
    ]) {
      await refuse(content, 0o600, /^lifeguard: --https: \S+https-ca\.key is not a private key and its certificate\. Delete the file/)
    }
  })

  it('has an authority whose certificates for other hosts are refused', async () => {
    const authority = await createLocalAuthority(Date.now())
    const sign = await createSigner(authority)
    const connectTo = async (forged: Awaited<ReturnType<typeof sign>>, name: string) => {
      const site = createServer(forged, (socket) => socket.end()).listen(0, '127.0.0.1')
      await once(site, 'listening')
      try {
        return await certificateFor(name, (site.address() as AddressInfo).port, authority.certificate)
      } finally {
        site.close()
      }
    }
    assert.equal(await connectTo(await sign(Date.now(), ['a.localhost']), 'a.localhost'), 'DNS:a.localhost')
    const refused = { message: 'permitted subtree violation' }
    await assert.rejects(connectTo(await sign(Date.now(), ['bank.example.test']), 'bank.example.test'), refused)
    await assert.rejects(connectTo(await sign(Date.now(), ['localhost'], ['127.0.0.2']), 'localhost'), refused)
  })
})
