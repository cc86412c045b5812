import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type AssetType,
  CreateManagedLoginBrandingCommand,
  type CreateManagedLoginBrandingCommandInput,
  CreateUserPoolClientCommand,
  DeleteManagedLoginBrandingCommand,
  DeleteUserPoolClientCommand,
  DescribeManagedLoginBrandingByClientCommand,
  DescribeManagedLoginBrandingCommand,
  UpdateManagedLoginBrandingCommand,
  type UpdateManagedLoginBrandingCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { call } from './call.ts'

type Ids = { readonly poolId: string; readonly clientId: string }
type BrandingInput = Omit<CreateManagedLoginBrandingCommandInput, 'UserPoolId' | 'ClientId'>
type BrandingChange = Omit<UpdateManagedLoginBrandingCommandInput, 'UserPoolId' | 'ManagedLoginBrandingId'>

const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')
const logo: AssetType = { Category: 'FORM_LOGO', ColorMode: 'LIGHT', Extension: 'SVG', Bytes: svg }
const icon: AssetType = { Category: 'IDP_BUTTON_ICON', ColorMode: 'DYNAMIC', Extension: 'SVG', ResourceId: 'Our login', Bytes: svg }
const settings = { components: { primaryButton: { lightMode: { defaults: { backgroundColor: 'aa0000ff' } } } } }
const notFound = { name: 'ResourceNotFoundException' }
const invalid = { name: 'InvalidParameterException' }

async function create(server: TestServer, { poolId, clientId }: Ids, input: BrandingInput = { UseCognitoProvidedValues: true }) {
  const command = new CreateManagedLoginBrandingCommand({ UserPoolId: poolId, ClientId: clientId, ...input })
  const { ManagedLoginBranding: made } = await server.send(command)
  if (made?.ManagedLoginBrandingId === undefined) throw new Error('CreateManagedLoginBranding answered without an id')
  return { ...made, ManagedLoginBrandingId: made.ManagedLoginBrandingId }
}

async function describeOne(server: TestServer, poolId: string, id: string, merged?: boolean) {
  const place = { UserPoolId: poolId, ManagedLoginBrandingId: id, ReturnMergedResources: merged }
  return (await server.send(new DescribeManagedLoginBrandingCommand(place))).ManagedLoginBranding
}

async function change(server: TestServer, poolId: string, id: string, input: BrandingChange) {
  const command = new UpdateManagedLoginBrandingCommand({ UserPoolId: poolId, ManagedLoginBrandingId: id, ...input })
  return (await server.send(command)).ManagedLoginBranding
}

const withoutDates = <T extends object>({
  CreationDate: _,
  LastModifiedDate: __,
  ...rest
}: T & { CreationDate?: Date; LastModifiedDate?: Date }) => rest

for (const engine of engines) {
  describe(`A managed login branding on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('is shown as it was created, by its id and by its client', async () => {
      const ids = await server().givenPool()
      const made = await create(server(), ids, { Settings: settings, Assets: [icon, logo] })
      const { ManagedLoginBrandingId: id } = made
      const expected = { UserPoolId: ids.poolId, UseCognitoProvidedValues: false, Settings: settings }
      const { Assets, ...rest } = withoutDates(made)
      assert.deepEqual(rest, { ManagedLoginBrandingId: id, ...expected })
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
      assert.deepEqual(Assets?.map(({ Category }) => Category).sort(), ['FORM_LOGO', 'IDP_BUTTON_ICON'])
      const described = await describeOne(server(), ids.poolId, id)
      assert.deepEqual(withoutDates(described ?? {}), { ManagedLoginBrandingId: id, ...expected, Assets: [logo, icon] })
      const byClient = new DescribeManagedLoginBrandingByClientCommand({ UserPoolId: ids.poolId, ClientId: ids.clientId })
      assert.deepEqual((await server().send(byClient)).ManagedLoginBranding, described)
    })

    it('with UseCognitoProvidedValues has no settings, but shows all defaults when merged resources are requested', async () => {
      const ids = await server().givenPool()
      const made = await create(server(), ids)
      const { poolId } = ids
      const id = made.ManagedLoginBrandingId
      assert.deepEqual(withoutDates(made), { ManagedLoginBrandingId: id, UserPoolId: poolId, UseCognitoProvidedValues: true })
      const merged = (await describeOne(server(), poolId, id, true))?.Settings as Record<string, Record<string, object>>
      assert.deepEqual(Object.keys(merged).sort(), ['categories', 'componentClasses', 'components'])
      const own = await create(server(), { poolId, clientId: await anotherClient(server(), poolId) }, { Settings: settings })
      const mixed = (await describeOne(server(), poolId, own.ManagedLoginBrandingId, true))?.Settings as typeof merged
      assert.deepEqual(mixed['categories'], merged['categories'])
      const button = (all: typeof merged, mode: string) =>
        (all['components']?.['primaryButton'] as Record<string, object> | undefined)?.[mode]
      assert.deepEqual(button(mixed, 'darkMode'), button(merged, 'darkMode'))
      const light = button(merged, 'lightMode') as { defaults: object }
      assert.deepEqual(button(mixed, 'lightMode'), { ...light, defaults: { ...light.defaults, backgroundColor: 'aa0000ff' } })
    })

    it('keeps settings and assets that an update does not name', async () => {
      const ids = await server().givenPool()
      const { ManagedLoginBrandingId: id } = await create(server(), ids, { Settings: settings, Assets: [logo] })
      const dark: AssetType = { ...logo, ColorMode: 'DARK' }
      const smaller: AssetType = { ...logo, Extension: 'PNG', Bytes: new Uint8Array([1, 2, 3]) }
      const more = {
        components: { primaryButton: { darkMode: { defaults: { textColor: '000000ff' } } } },
        categories: { global: { pageHeader: { enabled: true } } },
      }
      const changed = await change(server(), ids.poolId, id, { Settings: more, Assets: [dark, smaller] })
      const { primaryButton } = settings.components
      assert.deepEqual(changed?.Settings, {
        components: { primaryButton: { ...primaryButton, ...more.components.primaryButton } },
        categories: more.categories,
      })
      assert.deepEqual(changed?.Assets, [dark, smaller])
      assert.deepEqual(await describeOne(server(), ids.poolId, id), changed)
      assert.deepEqual(withoutDates((await change(server(), ids.poolId, id, {})) ?? {}), withoutDates(changed ?? {}))
    })

    it('can change to the values that Cognito provides, and back to settings of its own', async () => {
      const ids = await server().givenPool()
      const { ManagedLoginBrandingId: id } = await create(server(), ids, { Settings: settings, Assets: [logo] })
      const reset = await change(server(), ids.poolId, id, { UseCognitoProvidedValues: true })
      const bare = { ManagedLoginBrandingId: id, UserPoolId: ids.poolId }
      assert.deepEqual(withoutDates(reset ?? {}), { ...bare, UseCognitoProvidedValues: true })
      const own = await change(server(), ids.poolId, id, { Settings: settings })
      assert.deepEqual(withoutDates(own ?? {}), { ...bare, UseCognitoProvidedValues: false, Settings: settings })
    })

    it('can exist once for each client', async () => {
      const ids = await server().givenPool()
      await create(server(), ids)
      await assert.rejects(create(server(), ids), { name: 'ManagedLoginBrandingExistsException' })
      const fresh = { poolId: ids.poolId, clientId: await anotherClient(server(), ids.poolId) }
      const race = await Promise.allSettled([1, 2, 3].map(() => create(server(), fresh)))
      assert.equal(race.filter((one) => one.status === 'fulfilled').length, 1)
    })

    it('is deleted alone or with its client, and can be created again', async () => {
      const ids = await server().givenPool()
      const { ManagedLoginBrandingId: id } = await create(server(), ids, { Assets: [logo] })
      const place = { UserPoolId: ids.poolId, ManagedLoginBrandingId: id }
      await server().send(new DeleteManagedLoginBrandingCommand(place))
      await assert.rejects(server().send(new DeleteManagedLoginBrandingCommand(place)), notFound)
      await assert.rejects(describeOne(server(), ids.poolId, id), notFound)
      const next = await create(server(), ids)
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: ids.poolId, ClientId: ids.clientId }))
      await assert.rejects(describeOne(server(), ids.poolId, next.ManagedLoginBrandingId), notFound)
    })

    it('cannot be described, changed or deleted through another pool', async () => {
      const ids = await server().givenPool()
      const { ManagedLoginBrandingId: id } = await create(server(), ids)
      const { poolId } = await server().givenPool()
      await assert.rejects(describeOne(server(), poolId, id), notFound)
      await assert.rejects(change(server(), poolId, id, { Settings: settings }), notFound)
      const foreign = { UserPoolId: poolId, ManagedLoginBrandingId: id }
      await assert.rejects(server().send(new DeleteManagedLoginBrandingCommand(foreign)), notFound)
      const byClient = new DescribeManagedLoginBrandingByClientCommand({ UserPoolId: poolId, ClientId: ids.clientId })
      await assert.rejects(server().send(byClient), notFound)
      await assert.rejects(create(server(), { poolId, clientId: ids.clientId }), notFound)
      await assert.rejects(create(server(), { poolId: 'us-east-1_nowhere', clientId: ids.clientId }), notFound)
    })

    it('is not found for a client that has no branding', async () => {
      const { poolId, clientId } = await server().givenPool()
      const byClient = new DescribeManagedLoginBrandingByClientCommand({ UserPoolId: poolId, ClientId: clientId })
      await assert.rejects(server().send(byClient), notFound)
    })

    it('is updated only by pool id and branding id, although the service model requires neither', async () => {
      const { poolId } = await server().givenPool()
      const { body } = await call(server(), 'UpdateManagedLoginBranding', {})
      assert.match(body, /2 validation errors detected: Value null at 'userPoolId'.*'managedLoginBrandingId'/)
      await assert.rejects(server().send(new UpdateManagedLoginBrandingCommand({ UserPoolId: poolId })), invalid)
    })
  })

  describe(`CreateManagedLoginBranding and UpdateManagedLoginBranding on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--quotas', '{"managedLoginBrandingsPerPool": 1}'] })

    for (const [what, input] of Object.entries<BrandingInput>({
      'settings together with UseCognitoProvidedValues': { UseCognitoProvidedValues: true, Settings: settings },
      'assets together with UseCognitoProvidedValues': { UseCognitoProvidedValues: true, Assets: [logo] },
      'settings that are not an object': { Settings: ['components'] },
      'unknown settings': { Settings: { scripts: 'alert(1)' } },
      'a FAVICON_ICO with the extension SVG': { Assets: [{ ...logo, Category: 'FAVICON_ICO' }] },
      'a logo with the extension ICO': { Assets: [{ ...logo, Extension: 'ICO' }] },
      'two assets for the same category and mode': { Assets: [logo, { ...logo, Extension: 'PNG' }] },
      'an asset without bytes and resource id': { Assets: [{ ...logo, Bytes: undefined }] },
      'an asset of more than a megabyte': { Assets: [{ ...logo, Bytes: new Uint8Array(1_000_001) }] },
      'more than two megabytes of assets': {
        Assets: (['LIGHT', 'DARK', 'DYNAMIC'] as const).map((ColorMode) => ({ ...logo, ColorMode, Bytes: new Uint8Array(900_000) })),
      },
      'more than two megabytes of settings': { Settings: { components: { filler: 'x'.repeat(2 * 1024 * 1024) } } },
    })) {
      it(`reject ${what}`, async () => {
        const ids = await server().givenPool()
        await assert.rejects(create(server(), ids, input), invalid)
        const { ManagedLoginBrandingId: id } = await create(server(), ids)
        await assert.rejects(change(server(), ids.poolId, id, input), invalid)
        assert.equal((await describeOne(server(), ids.poolId, id))?.UseCognitoProvidedValues, true)
      })
    }

    it('reject an update after which the branding would have more than 40 assets', async () => {
      const ids = await server().givenPool()
      const icons = (from: number) => Array.from({ length: 30 }, (_, i) => ({ ...icon, ResourceId: `icon ${from + i}` }))
      const { ManagedLoginBrandingId: id } = await create(server(), ids, { Assets: icons(0) })
      await assert.rejects(change(server(), ids.poolId, id, { Assets: icons(100) }), invalid)
      assert.equal((await describeOne(server(), ids.poolId, id))?.Assets?.length, 30)
    })

    it('reject a second branding when the quota is one', async () => {
      const { poolId, clientId } = await server().givenPool()
      await create(server(), { poolId, clientId })
      const second = { poolId, clientId: await anotherClient(server(), poolId) }
      await assert.rejects(create(server(), second), { name: 'LimitExceededException' })
    })

    it('keep a member called __proto__ as an ordinary member', async () => {
      const ids = await server().givenPool()
      const hostile = '{"components": {"__proto__": {"polluted": true}}}'
      const place = `"UserPoolId": "${ids.poolId}", "ClientId": "${ids.clientId}"`
      const made = await call(server(), 'CreateManagedLoginBranding', `{${place}, "Settings": ${hostile}}`)
      assert.equal(made.status, 200)
      const id = /"ManagedLoginBrandingId":"([^"]+)"/.exec(made.body)?.[1]
      const change = `{"UserPoolId": "${ids.poolId}", "ManagedLoginBrandingId": "${id}", "Settings": ${hostile}}`
      const changed = await call(server(), 'UpdateManagedLoginBranding', change)
      assert.match(changed.body, /"__proto__":\{"polluted":true\}/)
      assert.equal(({} as { polluted?: boolean }).polluted, undefined)
    })
  })
}

async function anotherClient(server: TestServer, poolId: string): Promise<string> {
  const { UserPoolClient } = await server.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'another' }))
  return UserPoolClient?.ClientId ?? ''
}
