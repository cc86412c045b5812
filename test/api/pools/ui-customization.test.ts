import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolDomainCommand,
  DeleteUserPoolClientCommand,
  GetUICustomizationCommand,
  SetUICustomizationCommand,
  type SetUICustomizationCommandInput,
  type UICustomizationType,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { call } from './call.ts'

const css =
  '/* ours */ .label-customizable, .redirect-customizable { font-weight: 400; color: #333 }\n.inputField-customizable:focus { outline: 0; }'
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])
const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 4, 5, 6])
const invalid = { name: 'InvalidParameterException' }
const notFound = { name: 'ResourceNotFoundException' }

async function givenPoolWithDomain(server: TestServer) {
  const ids = await server.givenPool()
  const Domain = `ui-${ids.poolId.split('_')[1]?.toLowerCase()}`
  await server.send(new CreateUserPoolDomainCommand({ UserPoolId: ids.poolId, Domain }))
  return ids
}

type CustomizationInput = Omit<SetUICustomizationCommandInput, 'UserPoolId' | 'ClientId'>

async function set(
  server: TestServer,
  poolId: string,
  input: CustomizationInput,
  clientId?: string,
): Promise<UICustomizationType | undefined> {
  return (await server.send(new SetUICustomizationCommand({ UserPoolId: poolId, ClientId: clientId, ...input }))).UICustomization
}

async function shown(server: TestServer, poolId: string, clientId?: string): Promise<UICustomizationType | undefined> {
  return (await server.send(new GetUICustomizationCommand({ UserPoolId: poolId, ClientId: clientId }))).UICustomization
}

for (const engine of engines) {
  describe(`The UI customization on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('is shown as it was set', async () => {
      const { poolId } = await givenPoolWithDomain(server())
      const set1 = await set(server(), poolId, { CSS: css, ImageFile: png })
      const { ImageUrl, CSSVersion, CreationDate, LastModifiedDate, ...rest } = set1 ?? {}
      assert.deepEqual(rest, { UserPoolId: poolId, ClientId: 'ALL', CSS: css })
      assert.match(CSSVersion ?? '', /^\d{14}$/)
      assert.deepEqual(CreationDate, LastModifiedDate)
      assert.deepEqual(await shown(server(), poolId), set1)
      assert.deepEqual(await shown(server(), poolId, 'ALL'), set1)
      server().clock.advance(10_000)
      const set2 = await set(server(), poolId, { CSS: css })
      assert.deepEqual(set2?.CreationDate, CreationDate)
      assert.notEqual(set2?.CSSVersion, CSSVersion)
      assert.equal(set2?.ImageUrl, undefined)
    })

    it('of a client takes precedence over the one for all clients', async () => {
      const { poolId, clientId } = await givenPoolWithDomain(server())
      assert.deepEqual(await shown(server(), poolId, clientId), {})
      const forAll = await set(server(), poolId, { CSS: css }, 'ALL')
      assert.deepEqual(await shown(server(), poolId, clientId), forAll)
      const own = await set(server(), poolId, { ImageFile: jpeg }, clientId)
      assert.equal(own?.ClientId, clientId)
      assert.deepEqual(await shown(server(), poolId, clientId), own)
      assert.deepEqual(await shown(server(), poolId), forAll)
    })

    it('is removed by an empty request', async () => {
      const { poolId } = await givenPoolWithDomain(server())
      await set(server(), poolId, { CSS: css })
      assert.deepEqual(await set(server(), poolId, {}), {})
      const { body } = await call(server(), 'GetUICustomization', { UserPoolId: poolId })
      assert.equal(body, '{"UICustomization":{}}')
    })

    it('has a logo that is served at its own URL only', async () => {
      const { poolId, clientId } = await givenPoolWithDomain(server())
      const { ImageUrl = '' } = (await set(server(), poolId, { ImageFile: png })) ?? {}
      const answer = await fetch(ImageUrl)
      assert.equal(answer.headers.get('content-type'), 'image/png')
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), png)
      const other = (await set(server(), poolId, { ImageFile: jpeg }, clientId))?.ImageUrl ?? ''
      assert.equal((await fetch(other)).headers.get('content-type'), 'image/jpeg')
      const nowhere = [
        ImageUrl.replace(poolId, (await givenPoolWithDomain(server())).poolId),
        ImageUrl.replace(poolId, 'us-east-1_nowhere'),
        ImageUrl.replace('/ALL/', '/%00/'),
        ImageUrl.replace('/ALL/', `/${'a'.repeat(90)}/`),
        `${ImageUrl}0`,
      ]
      for (const url of nowhere) assert.equal((await fetch(url)).status, 404, url)
      await set(server(), poolId, { ImageFile: jpeg })
      assert.equal((await fetch(ImageUrl)).status, 404)
    })

    it('needs a domain', async () => {
      const { poolId } = await server().givenPool()
      const refusal = { ...invalid, message: 'There has to be an existing domain associated with this user pool' }
      await assert.rejects(set(server(), poolId, { CSS: css }), refusal)
      await assert.rejects(shown(server(), poolId), refusal)
    })

    it('belongs to one pool, and cannot be set or shown for a client that the pool does not have', async () => {
      const { poolId, clientId } = await givenPoolWithDomain(server())
      const other = await givenPoolWithDomain(server())
      await set(server(), poolId, { CSS: css })
      assert.deepEqual(await shown(server(), other.poolId), {})
      for (const client of [clientId, 'nobody']) {
        await assert.rejects(set(server(), other.poolId, { CSS: css }, client), notFound)
        await assert.rejects(shown(server(), other.poolId, client), notFound)
      }
      await set(server(), poolId, { CSS: css }, clientId)
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      await assert.rejects(shown(server(), poolId, clientId), notFound)
      await assert.rejects(shown(server(), 'us-east-1_nowhere'), notFound)
    })

    it('rejects an image that is neither PNG nor JPEG, or larger than 128 KB', async () => {
      const { poolId } = await givenPoolWithDomain(server())
      for (const text of ['GIF89a', '<svg onload="alert(1)"/>', 'x']) {
        await assert.rejects(set(server(), poolId, { ImageFile: new TextEncoder().encode(text) }), invalid)
      }
      await assert.rejects(set(server(), poolId, { ImageFile: new Uint8Array(131_073) }), invalid)
    })

    for (const bad of [
      '@import url(https://evil.test/x.css);',
      '@media screen { .label-customizable { color: red } }',
      '.label-customizable { background: url(https://evil.test/) }',
      '.label-customizable { background: URL (https://evil.test/) }',
      '/* </style><script>alert(1)</script> */ .label-customizable { color: red }',
      '.label-customizable { background: \\75rl(https://evil.test/) }',
      '.label-customizable { width: expression(alert(1)) }',
      'input[value^="a"] { color: red }',
      '.label-customizable input { color: red }',
      '.other-customizable { color: red }',
      'body { display: none }',
      '.label-customizable { color: red } </style><script>alert(1)</script>',
      '.label-customizable { color: red',
      '.label-customizable } color: red {',
      '.label-customizable { color }',
      '/* no end .label-customizable { color: red }',
      'color: red',
      '.label-customizable { color: red; x: { y } .label-customizable { color: red }',
      '.label-customizable { font-family: "x }',
      '.label-customizable { width: calc(1px }',
      '.label-customizable { content: "}" }',
    ]) {
      it(`rejects the CSS ${bad}`, async () => {
        const { poolId } = await givenPoolWithDomain(server())
        await assert.rejects(set(server(), poolId, { CSS: bad }), invalid)
        assert.deepEqual(await shown(server(), poolId), {})
      })
    }

    it('has its CSS checked in linear time', async () => {
      const { poolId } = await givenPoolWithDomain(server())
      const started = performance.now()
      for (const piece of ['{', '}', '/*', '/**/', '.a', '.label-customizable{}', ',', ';', '-', '.label-', 'a:']) {
        const long = piece.repeat(Math.floor(131_000 / piece.length))
        await set(server(), poolId, { CSS: long }).catch((error: Error) => assert.equal(error.name, 'InvalidParameterException'))
      }
      assert.ok(performance.now() - started < 20_000)
    })
  })
}
