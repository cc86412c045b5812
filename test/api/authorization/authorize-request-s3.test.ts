import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '../../access/request-signer.ts'
import { engines } from '../../support/engines.ts'
import { type ObjectServer, startObjectServer } from '../../support/object-server.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'

// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
const ownSub = '${cognito-identity.amazonaws.com:sub}'
const ownPrefix = [
  { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: `arn:aws:s3:::files/${ownSub}/*` },
  {
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: 'arn:aws:s3:::files',
    Condition: { StringLike: { 's3:prefix': `${ownSub}/*` }, IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
  },
]

for (const engine of engines) {
  describe(`AuthorizeRequest for an object server on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let objects: ObjectServer
    let pools: Awaited<ReturnType<typeof givenProductionPools>>
    let users = 0

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
      const asking = { Effect: 'Allow', Action: 'lifeguard:AuthorizeRequest', Resource: '*' }
      objects = await startObjectServer(server, await server.createKey({ policy: { Version: '2012-10-17', Statement: [asking] } }))
      pools = await givenProductionPools(server, owner)
    })
    after(async () => {
      await objects[Symbol.asyncDispose]()
      await server.close()
    })

    async function givenUser(permissions: readonly object[] = ownPrefix) {
      users += 1
      const role = `files-${users}`
      await pools.setRoles({ authenticated: await pools.putRole(role, permissions) })
      const logins = await pools.signIn(`user-${users}`)
      const id = await pools.getId(logins)
      const credentials = await pools.getCredentials(id, logins)
      return { id, role, credentials, s3: s3Of(credentials) }
    }

    function s3Of(credentials: Credentials) {
      return new S3Client({
        endpoint: objects.url,
        region: 'eu-west-1',
        forcePathStyle: true,
        credentials,
        maxAttempts: 1,
        // The clock of the test server is the SDK's clock plus this.
        systemClockOffset: server.clock.now() - Date.now(),
      })
    }

    const get = (s3: S3Client, Key: string) => s3.send(new GetObjectCommand({ Bucket: 'files', Key }))
    const put = (s3: S3Client, Key: string, Body = 'text') => s3.send(new PutObjectCommand({ Bucket: 'files', Key, Body }))
    const last = () => objects.decisions.at(-1)

    /** Signs a GET of the path, as a presigned URL or by headers, and sends it. `change` changes the signed request. */
    async function sendSigned(
      credentials: Credentials,
      path: string,
      {
        expiresIn,
        age = 0,
        hash,
        service = 's3',
        change = (request) => request,
      }: {
        expiresIn?: number
        /** How long ago the request was signed, in milliseconds. */
        age?: number
        hash?: string
        service?: string
        change?: (request: { path: string; headers: Record<string, string> }) => { path: string; headers: Record<string, string> }
      } = {},
    ) {
      const { hostname, port } = new URL(objects.url)
      const signer = new SignatureV4({ service, region: 'eu-west-1', credentials, sha256: Sha256, uriEscapePath: false })
      const headers: Record<string, string> = { host: `${hostname}:${port}` }
      headers['x-amz-content-sha256'] = hash ?? 'UNSIGNED-PAYLOAD'
      const plain = { method: 'GET', protocol: 'http:', hostname, port: Number(port), path, query: {}, headers }
      const signingDate = new Date(server.clock.now() - age)
      const signed =
        expiresIn === undefined ? await signer.sign(plain, { signingDate }) : await signer.presign(plain, { signingDate, expiresIn })
      const query = new URLSearchParams(signed.query as Record<string, string>).toString().replaceAll('+', '%20')
      const sent = change({ path: query === '' ? signed.path : `${signed.path}?${query}`, headers: { ...signed.headers } })
      const answer = await fetch(objects.url + sent.path, { headers: sent.headers })
      const text = await answer.text()
      return { status: answer.status, text, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] }
    }

    it('lets each user reach the own prefix and no other', async () => {
      const ana = await givenUser()
      const ben = await givenUser()
      await put(ana.s3, `${ana.id}/note.txt`, 'of Ana')
      assert.equal(await (await get(ana.s3, `${ana.id}/note.txt`)).Body?.transformToString(), 'of Ana')
      const { Principal } = last() ?? {}
      assert.equal(Principal?.['Type'], 'RoleSession')
      assert.equal(Principal?.['IdentityId'], ana.id)
      assert.equal(Principal?.['IdentityPoolId'], pools.identityPoolId)
      assert.equal(Principal?.['RoleArn'], pools.roleArn(ana.role))
      await assert.rejects(get(ben.s3, `${ana.id}/note.txt`), { name: 'AccessDenied' })
      await assert.rejects(put(ben.s3, `${ana.id}/note.txt`), { name: 'AccessDenied' })
      await assert.rejects(ben.s3.send(new DeleteObjectCommand({ Bucket: 'files', Key: `${ana.id}/note.txt` })), { name: 'AccessDenied' })
      assert.equal(last()?.Reason, 'not-allowed')
    })

    it('limits the list of objects by the prefix that the object server tells', async () => {
      const ana = await givenUser()
      await put(ana.s3, `${ana.id}/listed`)
      const list = (Prefix?: string) => ana.s3.send(new ListObjectsV2Command({ Bucket: 'files', Prefix }))
      assert.deepEqual(
        (await list(`${ana.id}/`)).Contents?.map(({ Key }) => Key),
        [`${ana.id}/listed`],
      )
      await assert.rejects(list(), { name: 'AccessDenied' })
      await assert.rejects(list('other/'), { name: 'AccessDenied' })
    })

    it('verifies keys with unusual characters', async () => {
      const { s3, id } = await givenUser()
      for (const name of ['a b', 'ä/ö', 'x//y', 'a/../b', '..', 'a+b', 'a%2Fb', "!'()*", 'q?x=1&y', '#', '日本']) {
        await put(s3, `${id}/${name}`, name)
        assert.equal(await (await get(s3, `${id}/${name}`)).Body?.transformToString(), name, name)
      }
    })

    it('refuses a request whose header, body, path, query, method or host was changed on the way', async () => {
      const { s3, id } = await givenUser()
      await put(s3, `${id}/a`)
      await put(s3, `${id}/b`)
      const changed: [string, NonNullable<ObjectServer['tamper']>, string][] = [
        ['path', (asked) => ({ ...asked, Path: asked.Path.replace('/a?', '/b?') }), 'SignatureDoesNotMatch'],
        ['query', (asked) => ({ ...asked, Path: `${asked.Path}&versionId=1` }), 'SignatureDoesNotMatch'],
        ['method', (asked) => ({ ...asked, Method: 'DELETE' }), 'SignatureDoesNotMatch'],
        ['host', (asked) => ({ ...asked, Headers: { ...asked.Headers, host: ['other.example'] } }), 'SignatureDoesNotMatch'],
        ['new header', (asked) => ({ ...asked, Headers: { ...asked.Headers, 'x-amz-acl': ['public-read'] } }), 'SignatureDoesNotMatch'],
        ['two hosts', (asked) => ({ ...asked, Headers: { ...asked.Headers, Host: ['a'] } }), 'IncompleteSignature'],
        ['two signatures', (asked) => ({ ...asked, Headers: { ...asked.Headers, AUTHORIZATION: ['x'] } }), 'IncompleteSignature'],
        ['both ways', (asked) => ({ ...asked, Path: `${asked.Path}&X-Amz-Signature=0` }), 'InvalidArgument'],
      ]
      for (const [what, tamper, name] of changed) {
        objects.tamper = tamper
        try {
          await assert.rejects(get(s3, `${id}/a`), { name }, what)
        } finally {
          objects.tamper = undefined
        }
      }
      objects.tamper = (asked) => ({ ...asked, body: Buffer.from('other') })
      try {
        await assert.rejects(put(s3, `${id}/a`), { name: 'XAmzContentSHA256Mismatch' })
      } finally {
        objects.tamper = undefined
      }
      await get(s3, `${id}/a`)
    })

    it('follows a change of the policy, and the end of the sessions of the role, at the next request', async () => {
      const { s3, id, role } = await givenUser()
      await put(s3, `${id}/a`)
      await pools.putRole(role, [...ownPrefix, { Effect: 'Deny', Action: 's3:PutObject', Resource: '*' }])
      await assert.rejects(put(s3, `${id}/a`), { name: 'AccessDenied' })
      assert.equal(last()?.Reason, 'explicit-deny')
      await get(s3, `${id}/a`)
      await pools.putRole(role, ownPrefix, { RevokeSessions: true })
      await assert.rejects(get(s3, `${id}/a`), { name: 'InvalidToken' })
    })

    it('accepts a presigned URL until it expires, and says that its body is not signed', async () => {
      const { s3, id, credentials } = await givenUser()
      await put(s3, `${id}/a`, 'presigned')
      const path = `/files/${encodeURIComponent(id)}/a`
      assert.equal((await sendSigned(credentials, path, { expiresIn: 60 })).text, 'presigned')
      assert.equal(last()?.PayloadSigned, false)
      assert.equal((await sendSigned(credentials, path, { expiresIn: 60, age: 61_000 })).code, 'RequestExpired')
      const codes = {
        'X-Amz-Expires=604801': 'AuthorizationQueryParametersError',
        'X-Amz-Expires=61': 'SignatureDoesNotMatch',
        'X-Amz-Expires=60&x-amz-expires=60': 'AuthorizationQueryParametersError',
        'X-Amz-Expires=60&x=1': 'SignatureDoesNotMatch',
      }
      for (const [text, code] of Object.entries(codes)) {
        const change = ({ path, headers }: { path: string; headers: Record<string, string> }) => {
          assert.ok(path.includes('X-Amz-Expires=60'))
          return { path: path.replace('X-Amz-Expires=60', text), headers }
        }
        assert.equal((await sendSigned(credentials, path, { expiresIn: 60, change })).code, code, text)
      }
    })

    it('says whether the body is signed, and for which service the signature is', async () => {
      const { s3, id, credentials } = await givenUser()
      await put(s3, `${id}/a`, 'x')
      assert.equal(last()?.PayloadSigned, true)
      const path = `/files/${encodeURIComponent(id)}/a`
      assert.equal((await sendSigned(credentials, path)).status, 200)
      assert.equal(last()?.PayloadSigned, false)
      assert.equal((await sendSigned(credentials, path, { hash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' })).status, 200)
      assert.equal(last()?.PayloadSigned, false)
      assert.equal((await sendSigned(credentials, path, { hash: 'NONE' })).code, 'InvalidArgument')
      assert.equal((await sendSigned(credentials, path, { service: 'sqs' })).code, 'SignatureDoesNotMatch')
    })

    it('decides by the policy of an access key, which may have condition keys of the service', async () => {
      const Condition = { StringEquals: { 's3:prefix': 'shared/' } }
      const Statement = [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::files', Condition }]
      const s3 = s3Of(await server.createKey({ policy: { Version: '2012-10-17', Statement } }))
      await s3.send(new ListObjectsV2Command({ Bucket: 'files', Prefix: 'shared/' }))
      assert.equal(last()?.Principal?.['Type'], 'AccessKey')
      await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket: 'files', Prefix: 'other/' })), { name: 'AccessDenied' })
    })

    it('refuses expired credentials, foreign session tokens and unknown keys', async () => {
      const { id, credentials } = await givenUser()
      const other = await givenUser()
      const { sessionToken, ...withoutToken } = credentials
      const glued = { ...other.credentials, sessionToken: sessionToken ?? '' }
      await assert.rejects(get(s3Of(glued), `${id}/a`), { name: 'InvalidToken' })
      await assert.rejects(get(s3Of(withoutToken), `${id}/a`), { name: 'InvalidAccessKeyId' })
      await assert.rejects(get(s3Of({ ...credentials, secretAccessKey: 'wrong' }), `${id}/a`), { name: 'SignatureDoesNotMatch' })
      server.clock.advance(2 * 3_600_000)
      await assert.rejects(get(s3Of(credentials), `${id}/a`), { name: 'ExpiredToken' })
    })
  })
}
