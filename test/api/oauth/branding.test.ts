import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type AssetType,
  DeleteManagedLoginBrandingCommand,
  SetUICustomizationCommand,
  UpdateManagedLoginBrandingCommand,
  type UpdateManagedLoginBrandingCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { resourceKind } from '../../../src/pools/pool-resource.ts'
import { findResource, putResource } from '../../../src/pools/pool-resource-repository.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { givenDomain, givenStyle, linksIn, loginPath, settingsOf } from '../../support/branding.ts'
import { engines } from '../../support/engines.ts'
import { codeClient, givenClient, givenOAuthPool, send } from '../../support/oauth.ts'
import { useTestServer } from '../../support/test-server.ts'

type Extension = NonNullable<AssetType['Extension']>
type Category = NonNullable<AssetType['Category']>
const asset = (Category: Category, Extension: Extension, text: string): AssetType => ({
  Category,
  Extension,
  ColorMode: 'DYNAMIC',
  Bytes: new TextEncoder().encode(text),
})
const withLogo = settingsOf({ 'components.form.logo.enabled': true })
const red = settingsOf({ 'components.pageBackground.lightMode.color': 'ff0000ff' })
const defaultLook = { UseCognitoProvidedValues: true }
const forEver = 'public, max-age=31536000, immutable'

/** Values that would end a declaration or a rule, load something, or disturb the reading of settings. */
const hostile: readonly unknown[] = [
  '000000ff;}body{display:none}',
  'url(https://evil.test/)',
  '</style><script>alert(1)</script>',
  '#000000ff',
  '000000ff ',
  '0000ff',
  "red;background:url('//evil.test')",
  'expression(alert(1))',
  'CENTER;}body{display:none}',
  '000000ff\n}*{color:red',
  ['000000ff'],
  { color: '000000ff' },
  JSON.parse('{"__proto__":{"lightMode":{"backgroundColor":"000000ff"}}}'),
  null,
  -1,
  1e9,
  true,
]
const attacked = [
  'components.pageBackground.lightMode.color',
  'components.primaryButton.lightMode.defaults.backgroundColor',
  'componentClasses.buttons.borderRadius',
  'components.form',
  'components.pageBackground.image.enabled',
  'categories.form.location.horizontal',
]

for (const engine of engines) {
  describe(`The branding of pages on ${engine.name}`, () => {
    const server = useTestServer(engine)

    const open = (clientId: string, host?: string) => send(server(), loginPath(clientId), host === undefined ? {} : { headers: { host } })
    async function sheetsOf(clientId: string, host?: string): Promise<string[]> {
      const page = await open(clientId, host)
      assert.equal(page.status, 200, page.text)
      return linksIn(page.text).filter((path) => path.endsWith('.css'))
    }
    async function ownSheetOf(clientId: string, host?: string): Promise<string> {
      const [, path, ...others] = await sheetsOf(clientId, host)
      assert.deepEqual(others, [])
      return path ?? assert.fail('The page has no style sheet of its own.')
    }
    const update = (poolId: string, id: string, change: Partial<UpdateManagedLoginBrandingCommandInput>) =>
      server().send(new UpdateManagedLoginBrandingCommand({ UserPoolId: poolId, ManagedLoginBrandingId: id, ...change }))

    it('a client without a style has the default look on the main host, and no pages on a domain of managed login', async () => {
      const ids = await givenOAuthPool(server())
      const host = await givenDomain(server(), ids.poolId, 2)
      assert.equal((await sheetsOf(ids.clientId)).length, 1)
      const refused = await open(ids.clientId, host)
      assert.equal(refused.status, 403)
      assert.match(refused.text, /Login pages unavailable\. Please contact an administrator\./)
      const id = await givenStyle(server(), ids, defaultLook)
      assert.deepEqual(await sheetsOf(ids.clientId, host), await sheetsOf(ids.clientId))
      await update(ids.poolId, id, { Settings: red })
      assert.equal((await sheetsOf(ids.clientId, host)).length, 2)
      await server().send(new DeleteManagedLoginBrandingCommand({ UserPoolId: ids.poolId, ManagedLoginBrandingId: id }))
      assert.equal((await open(ids.clientId, host)).status, 403)
    })

    it('a style sheet has an address that changes with its content, and belongs to one client', async () => {
      const ids = await givenOAuthPool(server())
      const id = await givenStyle(server(), ids, { Settings: red })
      const path = await ownSheetOf(ids.clientId)
      const sheet = await send(server(), path)
      assert.match(sheet.text, /--page:#ff0000ff/)
      assert.equal(sheet.headers.get('content-type'), 'text/css; charset=utf-8')
      assert.equal(sheet.headers.get('cache-control'), forEver)
      assert.equal(sheet.headers.get('x-content-type-options'), 'nosniff')
      assert.match(sheet.headers.get('content-security-policy') ?? '', /^sandbox; default-src 'none'/)
      await update(ids.poolId, id, { Settings: settingsOf({ 'components.pageBackground.lightMode.color': '00ff00ff' }) })
      const next = await ownSheetOf(ids.clientId)
      assert.notEqual(next, path)
      const old = await send(server(), path)
      assert.match(old.text, /--page:#00ff00ff/)
      assert.equal(old.headers.get('cache-control'), 'no-store')
      const other = await givenOAuthPool(server())
      const nowhere = [
        next.replace(ids.clientId, other.clientId),
        next.replace(ids.poolId, other.poolId),
        next.replace(ids.poolId, 'us-east-1_nowhere'),
        next.replace(ids.clientId, '%00'),
        next.replace(ids.clientId, 'a'.repeat(90)),
        next.replace('.css', ''),
        next.replace('.css', '.css.css'),
        next.replace('/managed/', '/classic/'),
      ]
      for (const wrong of nowhere) assert.equal((await send(server(), wrong)).status, 404, wrong)
    })

    it('no value of the settings gets into a style sheet unless it is of the kind that belongs there', async () => {
      const plain = await givenOAuthPool(server())
      const id = await givenStyle(server(), plain, { Settings: {} })
      const empty = (await send(server(), await ownSheetOf(plain.clientId))).text
      for (const value of hostile) {
        for (const path of attacked) {
          if (value === true && path.endsWith('.enabled')) continue
          await update(plain.poolId, id, { ...defaultLook })
          await update(plain.poolId, id, { Settings: settingsOf({ [path]: value as string }) })
          assert.equal((await send(server(), await ownSheetOf(plain.clientId))).text, empty, `${path} ${JSON.stringify(value)}`)
        }
      }
    })

    it('images have their types, and no rights when they are opened alone', async () => {
      const types = { PNG: 'image/png', JPEG: 'image/jpeg', SVG: 'image/svg+xml', WEBP: 'image/webp', ICO: 'image/x-icon' } as const
      for (const [extension, type] of Object.entries(types)) {
        const ids = await givenOAuthPool(server())
        const category = extension === 'ICO' ? 'FAVICON_ICO' : 'FORM_LOGO'
        await givenStyle(server(), ids, { Settings: withLogo, Assets: [asset(category, extension as Extension, `the ${extension}`)] })
        const path = linksIn((await open(ids.clientId)).text).find((one) => one.startsWith('/pages/images/')) ?? ''
        const image = await send(server(), path)
        assert.equal(image.text, `the ${extension}`)
        assert.equal(image.headers.get('content-type'), type)
        assert.equal(image.headers.get('cache-control'), forEver)
        assert.equal(image.headers.get('x-content-type-options'), 'nosniff')
        const policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        assert.equal(image.headers.get('content-security-policy'), policy)
      }
    })

    it('an image is at its own address only, and only as long as the style has it', async () => {
      const ids = await givenOAuthPool(server())
      const id = await givenStyle(server(), ids, { Settings: withLogo, Assets: [asset('FORM_LOGO', 'PNG', 'one')] })
      const logoOf = async () => linksIn((await open(ids.clientId)).text).find((one) => one.startsWith('/pages/images/')) ?? ''
      const first = await logoOf()
      await update(ids.poolId, id, { Assets: [asset('FORM_LOGO', 'PNG', 'two')] })
      const second = await logoOf()
      assert.equal((await send(server(), second)).text, 'two')
      const other = await givenOAuthPool(server())
      for (const wrong of [first, second.replace(ids.poolId, other.poolId), second.replace(id, ids.clientId)]) {
        assert.equal((await send(server(), wrong)).status, 404, wrong)
      }
      await update(ids.poolId, id, defaultLook)
      assert.equal(await logoOf(), '')
      assert.equal((await send(server(), second)).status, 404)
    })

    it('shows the images of a style that a release without a list of them has stored', async () => {
      const ids = await givenOAuthPool(server())
      const id = await givenStyle(server(), ids, { Settings: withLogo, Assets: [asset('FORM_LOGO', 'PNG', 'old')] })
      const storage = await openStorage({ url: server().databaseUrl })
      try {
        const kind = resourceKind<{ images?: unknown }>('managed-login-branding')
        const stored = (await findResource(storage.db, ids.poolId, kind, id)) ?? assert.fail()
        const { images, ...config } = stored.config
        assert.notEqual(images, undefined)
        await putResource(storage.db, ids.poolId, kind, { ...stored, config })
      } finally {
        await storage.close()
      }
      const logo = linksIn((await open(ids.clientId)).text).find((one) => one.startsWith('/pages/images/')) ?? ''
      assert.equal((await send(server(), logo)).text, 'old')
    })

    async function customize(poolId: string, CSS: string, clientId?: string) {
      await server().send(new SetUICustomizationCommand({ UserPoolId: poolId, ClientId: clientId, CSS }))
    }

    it('classic pages have the CSS of the client, or else of the pool, and only where the domain has the classic version', async () => {
      const ids = await givenOAuthPool(server())
      const host = await givenDomain(server(), ids.poolId, 1)
      const second = await givenClient(server(), ids.poolId, codeClient)
      await givenStyle(server(), ids, { Settings: red })
      await customize(ids.poolId, '.label-customizable{color:red}')
      await customize(ids.poolId, '/* own */ .label-customizable , .banner-customizable:hover { color : blue ; }', ids.clientId)
      const textOf = async (clientId: string, at?: string) => (await send(server(), await ownSheetOf(clientId, at))).text
      for (const at of [host, undefined]) {
        assert.equal(await textOf(second.clientId, at), ':root .label-customizable{color:red}\n')
        assert.equal(await textOf(ids.clientId, at), ':root .label-customizable,:root .banner-customizable:hover{color : blue}\n')
      }
      const managed = await givenOAuthPool(server())
      const v2 = await givenDomain(server(), managed.poolId, 2)
      await customize(managed.poolId, '.label-customizable{color:red}')
      await givenStyle(server(), managed, defaultLook)
      assert.equal((await sheetsOf(managed.clientId, v2)).length, 1)
    })

    it('classic CSS that an earlier release accepted is reduced to what this one accepts', async () => {
      const ids = await givenOAuthPool(server())
      await givenDomain(server(), ids.poolId, 1)
      await customize(ids.poolId, '.label-customizable{color:red}')
      const storage = await openStorage({ url: server().databaseUrl })
      try {
        const kind = resourceKind<{ css: string }>('ui-customization')
        const stored = (await findResource(storage.db, ids.poolId, kind, 'ALL')) ?? assert.fail()
        const css = 'body{display:none} .label-customizable, *{background:url(//evil.test);font:"x;color:{red;margin:1px}'
        await putResource(storage.db, ids.poolId, kind, { ...stored, config: { ...stored.config, css } })
      } finally {
        await storage.close()
      }
      assert.equal((await send(server(), await ownSheetOf(ids.clientId))).text, ':root .label-customizable{margin:1px}\n')
    })

    it('the page behind the link of a sign-up message has the look of its client', async () => {
      const ids = await givenOAuthPool(server())
      await givenStyle(server(), ids, { Settings: red })
      const page = await send(server(), `/confirmUser?client_id=${ids.clientId}&user_name=ana&confirmation_code=123456`)
      assert.equal(page.status, 400)
      assert.deepEqual(
        linksIn(page.text).filter((path) => path.endsWith('.css')),
        await sheetsOf(ids.clientId),
      )
    })

    it('a page with all that it loads is below 60 kilobytes in the default look', async () => {
      const { clientId } = await givenOAuthPool(server())
      const page = await open(clientId)
      const loaded = await Promise.all(linksIn(page.text).map((path) => send(server(), path)))
      assert.ok(loaded.length > 0)
      const bytes = [page, ...loaded].map(({ text }) => Buffer.byteLength(text))
      assert.ok(bytes.reduce((sum, one) => sum + one, 0) < 60_000, String(bytes))
    })
  })
}
