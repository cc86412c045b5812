import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { engines } from '../../support/engines.ts'
import { type ObjectServer, startObjectServer } from '../../support/object-server.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'

const bucketArn = 'arn:aws:s3:::files'
const sub = `\${cognito-identity.amazonaws.com:sub}`

/** Each user reaches only the objects below the user's own identity id. */
const ownPrefix = [
  { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: `${bucketArn}/${sub}/*` },
  { Effect: 'Allow', Action: 's3:ListBucket', Resource: bucketArn, Condition: { StringLike: { 's3:prefix': [`${sub}/*`] } } },
]

for (const engine of engines) {
  describe(`A server of objects that asks AuthorizeRequest on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let objects: ObjectServer

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
      const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'lifeguard:AuthorizeRequest', Resource: '*' }] }
      objects = await startObjectServer(server, await server.createKey({ policy }))
    })
    after(async () => {
      await objects.close()
      await server.close()
    })

    const s3 = (credentials: Credentials) =>
      new S3Client({ endpoint: objects.url, region: 'eu-west-1', credentials, forcePathStyle: true, maxAttempts: 1 })

    async function givenUsers() {
      const pools = await givenProductionPools(server, owner)
      await pools.setRoles({ authenticated: await pools.putRole(`files-${pools.clientId}`, ownPrefix) })
      const open = async (name: string) => {
        const logins = await pools.signIn(name)
        const id = await pools.getId(logins)
        return { id, client: s3(await pools.getCredentials(id, logins)) }
      }
      return { ...pools, ana: await open('ana'), ben: await open('ben') }
    }

    const put = (client: S3Client, Key: string, Body = 'hello') => client.send(new PutObjectCommand({ Bucket: 'files', Key, Body }))
    const get = async (client: S3Client, Key: string) =>
      (await client.send(new GetObjectCommand({ Bucket: 'files', Key }))).Body?.transformToString()
    const accessDenied = { name: 'AccessDenied' }

    it('lets each user reach the own prefix and no other', async () => {
      const { ana, ben } = await givenUsers()
      await put(ana.client, `${ana.id}/note.txt`, 'from ana')
      assert.equal(await get(ana.client, `${ana.id}/note.txt`), 'from ana')
      await assert.rejects(get(ben.client, `${ana.id}/note.txt`), accessDenied)
      await assert.rejects(put(ben.client, `${ana.id}/note.txt`), accessDenied)
      await assert.rejects(put(ben.client, 'note.txt'), accessDenied)
      await assert.rejects(ben.client.send(new DeleteObjectCommand({ Bucket: 'files', Key: `${ana.id}/note.txt` })), accessDenied)
      const list = async (client: S3Client, Prefix: string) =>
        (await client.send(new ListObjectsV2Command({ Bucket: 'files', Prefix }))).Contents?.map(({ Key }) => Key)
      assert.deepEqual(await list(ana.client, `${ana.id}/`), [`${ana.id}/note.txt`])
      await assert.rejects(list(ben.client, `${ana.id}/`), accessDenied)
      await assert.rejects(list(ben.client, ''), accessDenied)
    })

    it('reads keys with odd names as the client signed them', async () => {
      const { ana } = await givenUsers()
      const names = [
        'a b.txt',
        'ä/ö.txt',
        'a+b.txt',
        'a%2Fb.txt',
        'a//b.txt',
        "it's (1)!*.txt",
        'a&b=c.txt',
        '%E4.txt',
        '..a.txt',
        'a;b.txt',
      ]
      for (const name of names) {
        await put(ana.client, `${ana.id}/${name}`, name)
        assert.equal(await get(ana.client, `${ana.id}/${name}`), name)
      }
    })

    it('follows a policy that changed a moment ago', async () => {
      const { ana, putRole, clientId } = await givenUsers()
      await put(ana.client, `${ana.id}/note.txt`)
      await putRole(`files-${clientId}`, [...ownPrefix, { Effect: 'Deny', Action: 's3:PutObject', Resource: '*' }])
      await assert.rejects(put(ana.client, `${ana.id}/note.txt`), { name: 'EXPLICIT_DENY' })
      assert.equal(await get(ana.client, `${ana.id}/note.txt`), 'hello')
    })

    it('knows who asks', async () => {
      const { ana, identityPoolId, roleArn, clientId } = await givenUsers()
      await put(ana.client, `${ana.id}/note.txt`)
      const { Principal, PayloadSigned } = objects.decisions.at(-1) ?? {}
      assert.equal(PayloadSigned, true)
      assert.equal(Principal?.['Kind'], 'ROLE_SESSION')
      assert.equal(Principal?.['IdentityId'], ana.id)
      assert.equal(Principal?.['IdentityPoolId'], identityPoolId)
      assert.equal(Principal?.['RoleArn'], roleArn(`files-${clientId}`))
    })
  })
}
