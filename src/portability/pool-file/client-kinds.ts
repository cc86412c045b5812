import { isSettings, type Settings, textOf, without } from './json.ts'
import { allOf, chosen, idOf, type Kind, settingsOf, singleKind, unless } from './kind.ts'
import { uiCustomization } from './look-kinds.ts'
import type { Call } from './operation-calls.ts'

const place = ['UserPoolId', 'ClientId']
const pageOfSixty = { MaxResults: 60 }

/** Only the extensions that the file names are compared and set. Others stay as they are. */
export const onlyGiven: Required<Pick<Kind, 'compared' | 'completed'>> = {
  compared: (settings, given) => chosen(settings, Object.keys(given)),
  completed: (settings, _stored, given) => chosen(settings, Object.keys(given)),
}

/** The settings of the risk configuration that belong to this client, or to the pool. */
export const riskConfiguration = singleKind({
  section: 'RiskConfiguration',
  omitted: place,
  get: 'DescribeRiskConfiguration',
  set: 'SetRiskConfiguration',
  noneCode: 'UserPoolAddOnNotEnabledException',
  read: ({ RiskConfiguration: shown }, { ClientId: clientId }) => {
    if (!isSettings(shown) || textOf(shown['ClientId']) !== clientId) return undefined
    return Object.keys(without(shown, place)).length === 0 ? undefined : shown
  },
})

const clientExtensions = singleKind({
  section: 'Extensions',
  omitted: place,
  get: 'GetUserPoolClientExtensions',
  set: 'SetUserPoolClientExtensions',
  read: (shown) => shown,
  ...onlyGiven,
})

const clientSessions = singleKind({
  section: 'SessionConfiguration',
  omitted: place,
  get: 'GetUserPoolClientSessionConfiguration',
  set: 'SetUserPoolClientSessionConfiguration',
  read: (shown) => (isSettings(shown['SSOSession']) ? shown : undefined),
})

const branding: Kind = {
  section: 'ManagedLoginBranding',
  isSingle: true,
  request: 'CreateManagedLoginBranding',
  omitted: place,
  async list(call, within) {
    const shown = await unless('ResourceNotFoundException', call('DescribeManagedLoginBrandingByClient', within))
    if (shown === undefined) return []
    const { ManagedLoginBranding: style } = shown
    const ids = { ...within, ManagedLoginBrandingId: idOf(style, 'ManagedLoginBrandingId') }
    return [{ ids, settings: settingsOf('CreateManagedLoginBranding', style, place) }]
  },
  async create(call, within, settings) {
    const { ManagedLoginBranding: style } = await call('CreateManagedLoginBranding', { ...settings, ...within })
    return { ...within, ManagedLoginBrandingId: idOf(style, 'ManagedLoginBrandingId') }
  },
  // UpdateManagedLoginBranding merges, so what the file leaves out would stay.
  async update(call, { ids }, settings) {
    const { ManagedLoginBrandingId, ...within } = ids
    await call('DeleteManagedLoginBranding', { UserPoolId: ids['UserPoolId'] ?? '', ManagedLoginBrandingId: ManagedLoginBrandingId ?? '' })
    await call('CreateManagedLoginBranding', { ...settings, ...within })
  },
}

const terms: Kind = {
  section: 'Terms',
  request: 'CreateTerms',
  omitted: place,
  name: 'TermsName',
  async list(call, within) {
    const { UserPoolId: poolId = '', ClientId: clientId } = within
    const all = await allOf(call, 'ListTerms', { UserPoolId: poolId }, { size: pageOfSixty, member: 'Terms' })
    const shown = await Promise.all(all.map(({ TermsId }) => call('DescribeTerms', { UserPoolId: poolId, TermsId: TermsId ?? '' })))
    return shown
      .map(({ Terms }) => Terms as Settings)
      .filter(({ ClientId }) => ClientId === clientId)
      .map((thing) => ({ ids: { ...within, TermsId: idOf(thing, 'TermsId') }, settings: settingsOf('CreateTerms', thing, place) }))
  },
  async create(call, within, settings) {
    const { Terms: made } = await call('CreateTerms', { ...settings, ...within })
    return { ...within, TermsId: idOf(made, 'TermsId') }
  },
  async update(call, { ids }, settings) {
    await call('UpdateTerms', { ...settings, UserPoolId: ids['UserPoolId'] ?? '', TermsId: ids['TermsId'] ?? '' })
  },
  async remove(call, ids) {
    await call('DeleteTerms', { UserPoolId: ids['UserPoolId'] ?? '', TermsId: ids['TermsId'] ?? '' })
  },
}

export const clients: Kind = {
  section: 'Clients',
  request: 'CreateUserPoolClient',
  omitted: ['UserPoolId'],
  own: {
    ClientId: { type: 'string', pattern: '^[\\w+]{1,128}$', description: 'The id of the app client. Without it the server chooses one.' },
  },
  name: 'ClientName',
  id: 'ClientId',
  sections: [clientExtensions, riskConfiguration, clientSessions, uiCustomization, branding, terms],
  async list(call, within) {
    // Clients that registered themselves belong to no file.
    const request = { ...within, ClientType: 'REGULAR' }
    const all = await allOf(call, 'ListUserPoolClients', request, { size: pageOfSixty, member: 'UserPoolClients' })
    return Promise.all(
      all.map(async (entry) => {
        const ids = { ...within, ClientId: idOf(entry, 'ClientId') }
        const { UserPoolClient: shown } = await call('DescribeUserPoolClient', ids)
        return { ids, settings: settingsOf('CreateUserPoolClient', shown, ['UserPoolId']) }
      }),
    )
  },
  async create(call, within, { ClientId: id, ...settings }) {
    const { UserPoolClient: made } = await call('CreateUserPoolClient', { ...settings, ...within }, { id: textOf(id) })
    return { ...within, ClientId: idOf(made, 'ClientId') }
  },
  async update(call, { ids, settings: before }, settings) {
    await call('UpdateUserPoolClient', { ...settings, ...ids })
    const secret = textOf(settings['ClientSecret'])
    if (secret !== undefined && secret !== before['ClientSecret']) await replaceSecret(call, ids, secret)
  },
  async remove(call, ids) {
    await call('DeleteUserPoolClient', ids)
  },
  // A secret that the server made is no difference, and neither is the wish for one.
  compared: (settings, given) => without(settings, ['GenerateSecret', 'ClientId', ...secretUnlessIn(given)]),
  completed: (settings, _stored, given) => without(settings, secretUnlessIn(given)),
  refusal: (settings, stored) =>
    settings['ClientSecret'] !== undefined && stored['ClientSecret'] === undefined
      ? { member: 'ClientSecret', reason: 'the stored client has no secret, and cannot get one. Make another client.' }
      : undefined,
}

const secretUnlessIn = (given: Settings): readonly string[] => (Object.hasOwn(given, 'ClientSecret') ? [] : ['ClientSecret'])

/** The new secret takes the place of all others: a client has two at most, and never loses its only one. */
async function replaceSecret(call: Call, ids: Settings, secret: string): Promise<void> {
  const before = await allOf(call, 'ListUserPoolClientSecrets', ids, { size: {}, member: 'ClientSecrets' })
  const remove = (entry: Settings) => call('DeleteUserPoolClientSecret', { ...ids, ClientSecretId: entry['ClientSecretId'] ?? '' })
  for (const surplus of before.slice(1)) await remove(surplus)
  await call('AddUserPoolClientSecret', { ...ids, ClientSecret: secret })
  for (const former of before.slice(0, 1)) await remove(former)
}
