import { isSettings, type Settings, textOf, without } from './json.ts'
import { allOf, idOf, type Kind, listedKind, settingsOf, singleKind, unless } from './kind.ts'

const place = ['IdentityPoolId']

const poolRoles = singleKind({
  section: 'Roles',
  omitted: place,
  get: 'GetIdentityPoolRoles',
  set: 'SetIdentityPoolRoles',
  read: (shown) => (isSettings(shown['Roles']) ? shown : undefined),
})

/** The principal tags of each identity provider. The API shows them one by one, so they are looked up for the providers of the pool. */
const principalTags: Kind = {
  section: 'PrincipalTags',
  request: 'SetPrincipalTagAttributeMap',
  omitted: place,
  name: 'IdentityProviderName',
  async list(call, within) {
    const pool = await call('DescribeIdentityPool', within)
    const { CognitoIdentityProviders, SupportedLoginProviders, OpenIdConnectProviderARNs, SamlProviderARNs } = pool
    const names = [
      ...((CognitoIdentityProviders ?? []) as readonly Settings[]).map(({ ProviderName }) => String(ProviderName)),
      ...Object.keys((SupportedLoginProviders ?? {}) as Settings),
      ...((OpenIdConnectProviderARNs ?? []) as readonly string[]),
      ...((SamlProviderARNs ?? []) as readonly string[]),
      ...(typeof pool['DeveloperProviderName'] === 'string' ? [pool['DeveloperProviderName']] : []),
    ]
    const found = [...new Set(names)].map(async (IdentityProviderName) => {
      const ids = { ...within, IdentityProviderName }
      const shown = await unless('ResourceNotFoundException', call('GetPrincipalTagAttributeMap', ids))
      return shown === undefined ? [] : [{ ids, settings: settingsOf('SetPrincipalTagAttributeMap', shown, place) }]
    })
    return (await Promise.all(found)).flat()
  },
  async create(call, within, settings) {
    await call('SetPrincipalTagAttributeMap', { ...settings, ...within })
    return { ...within, IdentityProviderName: idOf(settings, 'IdentityProviderName') }
  },
  async update(call, { ids }, settings) {
    await call('SetPrincipalTagAttributeMap', { ...settings, ...ids })
  },
}

export const identityPools: Kind = {
  section: 'IdentityPools',
  request: 'CreateIdentityPool',
  omitted: [],
  own: {
    IdentityPoolId: {
      type: 'string',
      pattern: '^[\\w-]+:[0-9a-f-]+$',
      maxLength: 55,
      description: 'The id of the identity pool. Without it the server chooses one.',
    },
  },
  name: 'IdentityPoolName',
  id: 'IdentityPoolId',
  sections: [poolRoles, principalTags],
  async list(call, within) {
    const given = within['IdentityPoolId']
    const entries =
      given === undefined ? await allOf(call, 'ListIdentityPools', {}, { size: { MaxResults: 60 }, member: 'IdentityPools' }) : []
    const ids = given === undefined ? entries.map((entry) => idOf(entry, 'IdentityPoolId')) : [given]
    return Promise.all(
      ids.map(async (IdentityPoolId) => {
        const shown = await call('DescribeIdentityPool', { IdentityPoolId })
        return { ids: { IdentityPoolId }, settings: settingsOf('CreateIdentityPool', shown) }
      }),
    )
  },
  async create(call, _within, { IdentityPoolId: id, ...settings }) {
    const made = await call('CreateIdentityPool', settings, { id: textOf(id) })
    return { IdentityPoolId: idOf(made, 'IdentityPoolId') }
  },
  async update(call, { ids }, settings) {
    await call('UpdateIdentityPool', { ...settings, ...ids })
  },
  compared: (settings) => without(settings, place),
}

/** Roles do not belong to a pool. A role that no file names stays. */
export const roles: Kind = listedKind({
  section: 'Roles',
  omitted: ['RevokeSessions'],
  name: 'RoleArn',
  create: 'PutRole',
  update: 'PutRole',
  remove: 'DeleteRole',
  show: (call) => allOf(call, 'ListRoles', {}, { size: { MaxResults: 60 }, member: 'Roles' }),
})
