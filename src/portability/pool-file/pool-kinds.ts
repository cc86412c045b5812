import { isStandardAttribute, standardAttributes } from '../../pools/attribute-schema.ts'
import { writeSchemaAttribute } from '../../pools/schema-wire.ts'
import { clients, onlyGiven, riskConfiguration } from './client-kinds.ts'
import { isSame, isSettings, type Json, listOf, pick, type Settings, textOf, without } from './json.ts'
import { allOf, chosen, idOf, type Kind, keeping, keepingSecret, listedKind, settingsOf, singleKind } from './kind.ts'
import { uiCustomization } from './look-kinds.ts'
import type { Call } from './operation-calls.ts'

const place = ['UserPoolId']

const resourceServers = listedKind({
  section: 'ResourceServers',
  omitted: place,
  name: 'Identifier',
  create: 'CreateResourceServer',
  update: 'UpdateResourceServer',
  remove: 'DeleteResourceServer',
  show: (call, within) => allOf(call, 'ListResourceServers', within, { size: { MaxResults: 50 }, member: 'ResourceServers' }),
})

/** What a provider's own metadata says. It is no difference that a stored provider has these. */
const discoveredDetails = [
  'ActiveEncryptionCertificate',
  'SLORedirectBindingURI',
  'SSORedirectBindingURI',
  'attributes_url',
  'attributes_url_add_attributes',
  'authorize_url',
  'jwks_uri',
  'oidc_issuer',
  'token_url',
]

const identityProviders = listedKind({
  section: 'IdentityProviders',
  omitted: place,
  name: 'ProviderName',
  completed: (settings, stored) => ({
    ...chosen(stored, ['AcrMapping']),
    ...keepingSecret(settings, stored, 'ProviderDetails', 'private_key'),
  }),
  fixed: { ProviderType: 'Delete the provider first, or give it another name.' },
  create: 'CreateIdentityProvider',
  update: 'UpdateIdentityProvider',
  remove: 'DeleteIdentityProvider',
  async show(call, within) {
    const all = await allOf(call, 'ListIdentityProviders', within, { size: { MaxResults: 60 }, member: 'Providers' })
    const shown = all.map(({ ProviderName = '' }) => call('DescribeIdentityProvider', { ...within, ProviderName }))
    return (await Promise.all(shown)).map(({ IdentityProvider }) => IdentityProvider as Settings)
  },
  compared(settings, given) {
    const named = isSettings(given['ProviderDetails']) ? given['ProviderDetails'] : {}
    const discovered = discoveredDetails.filter((name) => !Object.hasOwn(named, name))
    return { ...settings, ProviderDetails: without(settings['ProviderDetails'] as Settings, discovered) }
  },
})

const groups = listedKind({
  section: 'Groups',
  omitted: place,
  name: 'GroupName',
  completed: keeping('Description', 'Precedence', 'RoleArn'),
  create: 'CreateGroup',
  update: 'UpdateGroup',
  remove: 'DeleteGroup',
  show: (call, within) => allOf(call, 'ListGroups', within, { size: { Limit: 60 }, member: 'Groups' }),
})

const domains = listedKind({
  section: 'Domains',
  omitted: place,
  name: 'Domain',
  completed: keeping('Routing'),
  create: 'CreateUserPoolDomain',
  update: 'UpdateUserPoolDomain',
  remove: 'DeleteUserPoolDomain',
  async show(call, within) {
    const { UserPool: pool } = await call('DescribeUserPool', within)
    const names = isSettings(pool) ? [textOf(pool['Domain']), textOf(pool['CustomDomain'])] : []
    const shown = names.flatMap((Domain) => (Domain === undefined ? [] : [call('DescribeUserPoolDomain', { Domain })]))
    return (await Promise.all(shown)).map(({ DomainDescription }) => withoutEmptyConfig(DomainDescription as Settings))
  },
})

/** A prefix domain is shown with an empty configuration, which a request must not have. */
function withoutEmptyConfig(shown: Settings): Settings {
  const { CustomDomainConfig: config } = shown
  return isSettings(config) && Object.keys(config).length === 0 ? without(shown, ['CustomDomainConfig']) : shown
}

const mfaConfig = singleKind({
  section: 'MfaConfig',
  omitted: place,
  get: 'GetUserPoolMfaConfig',
  set: 'SetUserPoolMfaConfig',
  // Factors are shown in some pools whose MFA is off. A request must not name them then.
  read: (shown) =>
    shown['MfaConfiguration'] === 'OFF'
      ? without(shown, ['SmsMfaConfiguration', 'SoftwareTokenMfaConfiguration', 'EmailMfaConfiguration'])
      : shown,
})

const extensions = singleKind({
  section: 'Extensions',
  omitted: place,
  get: 'GetUserPoolExtensions',
  set: 'SetUserPoolExtensions',
  read: (shown) => shown,
  ...onlyGiven,
  completed: (settings, stored, given) =>
    keepingSecret(chosen(settings, Object.keys(given)), stored, 'FormerPool', 'ClientSecret', ['UserPoolId', 'ClientId']),
})

const sessions = singleKind({
  section: 'SessionConfiguration',
  omitted: place,
  get: 'GetUserPoolSessionConfiguration',
  set: 'SetUserPoolSessionConfiguration',
  read: (shown) => (isSettings(shown['TokenSession']) ? shown : undefined),
})

const logDelivery = singleKind({
  section: 'LogDeliveryConfiguration',
  omitted: place,
  get: 'GetLogDeliveryConfiguration',
  set: 'SetLogDeliveryConfiguration',
  read: ({ LogDeliveryConfiguration: shown }) => (isSettings(shown) && listOf(shown['LogConfigurations']).length > 0 ? shown : undefined),
})

const cannotChange = 'A file cannot change it in a pool that exists. lifeguard schema does (docs/schema-changes.md).'

export const userPools: Kind = {
  section: 'UserPools',
  request: 'CreateUserPool',
  omitted: [],
  own: {
    UserPoolId: {
      type: 'string',
      pattern: '^[\\w-]+_[0-9a-zA-Z]+$',
      maxLength: 55,
      description: 'The id of the pool. Without it the server chooses one.',
    },
  },
  name: 'PoolName',
  id: 'UserPoolId',
  fixed: { UsernameAttributes: cannotChange, AliasAttributes: cannotChange, UsernameConfiguration: cannotChange },
  // The order is the one in which they are made: clients name scopes and providers, and pages need a domain.
  sections: [
    extensions,
    mfaConfig,
    riskConfiguration,
    sessions,
    logDelivery,
    resourceServers,
    identityProviders,
    domains,
    uiCustomization,
    groups,
    clients,
  ],
  async list(call, within) {
    const ids = within['UserPoolId'] === undefined ? await allIds(call) : [within['UserPoolId']]
    return Promise.all(
      ids.map(async (UserPoolId) => {
        const { UserPool: shown } = await call('DescribeUserPool', { UserPoolId })
        return { ids: { UserPoolId }, settings: poolSettings(shown as Settings) }
      }),
    )
  },
  async create(call, _within, { UserPoolId: id, ...settings }) {
    const { UserPool: made } = await call('CreateUserPool', settings, { id: textOf(id) })
    return { UserPoolId: idOf(made, 'Id') }
  },
  async update(call, { ids, settings: before }, settings) {
    const added = addedAttributes(before, settings)
    if (added.length > 0) await call('AddCustomAttributes', { ...ids, CustomAttributes: added })
    await call('UpdateUserPool', { ...settings, ...ids })
  },
  compared: (settings) => without(settings, ['UserPoolId']),
  // The section MfaConfig has the first one. Standard attributes are in every pool.
  exported: (settings) => {
    const own = without(settings, ['MfaConfiguration', 'Schema'])
    const schema = (listOf(settings['Schema']) as readonly Settings[]).filter((attribute) => !isPlainStandard(attribute))
    return schema.length === 0 ? own : { ...own, Schema: schema }
  },
  completed(settings, stored, given) {
    const kept = keptSettings(given)
    return {
      ...chosen(stored, ['SmsConfiguration', 'DcrConfiguration']),
      ...without(settings, kept),
      ...chosen(stored, kept),
      Schema: [...listOf(stored['Schema']), ...addedAttributes(stored, settings)],
    }
  },
  refusal(settings, stored) {
    const [attribute] = changedAttributes(stored, settings)
    if (attribute === undefined) return undefined
    const reason = `the stored attribute ${attribute} has other properties. A schema change does this: docs/schema-changes.md.`
    return { member: 'Schema', reason }
  },
}

/**
 * Both UpdateUserPool and SetUserPoolMfaConfig set MFA and its SMS text. UpdateUserPool keeps the stored values where the file has the
 * section MfaConfig, which sets them afterwards, and where the file does not name them.
 */
function keptSettings(given: Settings): readonly string[] {
  const named = (name: string) => Object.hasOwn(given, name)
  return [
    ...(named('MfaConfiguration') && !named('MfaConfig') ? [] : ['MfaConfiguration']),
    ...(named('SmsAuthenticationMessage') ? [] : ['SmsAuthenticationMessage']),
  ]
}

async function allIds(call: Call): Promise<readonly string[]> {
  return (await allOf(call, 'ListUserPools', {}, { size: { MaxResults: 60 }, member: 'UserPools' })).map((pool) => idOf(pool, 'Id'))
}

function poolSettings({ Name: name = '', SchemaAttributes: shownSchema, ...shown }: Settings): Settings {
  const settings = settingsOf('CreateUserPool', { ...shown, PoolName: name, Schema: schemaOf(listOf(shownSchema)) })
  const { AdminCreateUserConfig: invitations, Policies: policies } = settings
  if (!isSettings(invitations) || !isSettings(policies)) return settings
  const policy = policies['PasswordPolicy']
  // Both say how long a temporary password lasts, and a request must not have both.
  if (!isSettings(policy) || policy['TemporaryPasswordValidityDays'] === undefined) return settings
  return { ...settings, AdminCreateUserConfig: without(invitations, ['UnusedAccountValidityDays']) }
}

/** The attributes as CreateUserPool takes them: custom ones without their prefix, and without those that every pool has. */
function schemaOf(shown: readonly Json[]): readonly Json[] {
  return (shown as readonly Settings[])
    .filter(({ Name: name }) => name !== 'identities' && !(isStandardAttribute(String(name)) && String(name).endsWith('_verified')))
    .map((attribute) => ({ ...attribute, Name: String(attribute['Name']).replace(/^(dev:)?custom:/, '') }))
}

const plainStandards = standardAttributes.map((attribute) => pick('SchemaAttributeType', writeSchemaAttribute(attribute) as Json))

function isPlainStandard(attribute: Settings): boolean {
  return plainStandards.some((plain) => isSame(plain, attribute))
}

function addedAttributes(before: Settings, after: Settings): readonly Json[] {
  const known = listOf(before['Schema']) as readonly Settings[]
  return (listOf(after['Schema']) as readonly Settings[]).filter((attribute) => !known.some((other) => isSameAttribute(other, attribute)))
}

/** The attributes that both have, and that differ. Only AddCustomAttributes changes a schema, and it only adds. */
function changedAttributes(before: Settings, after: Settings): readonly string[] {
  const known = listOf(before['Schema']) as readonly Settings[]
  return (listOf(after['Schema']) as readonly Settings[])
    .filter((attribute) => known.some((other) => isSameAttribute(other, attribute) && !isSame(other, attribute)))
    .map(({ Name: name }) => String(name))
}

function isSameAttribute(one: Settings, other: Settings): boolean {
  return one['Name'] === other['Name'] && (one['DeveloperOnlyAttribute'] ?? false) === (other['DeveloperOnlyAttribute'] ?? false)
}
