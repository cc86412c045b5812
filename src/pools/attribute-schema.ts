export type AttributeType = 'String' | 'Number' | 'DateTime' | 'Boolean'

/** One attribute of a pool's schema. Bounds are text, as Cognito writes them. */
export type AttributeDefinition = {
  /** With its prefix: `email`, `custom:team`, `dev:custom:score`. */
  readonly name: string
  readonly type: AttributeType
  readonly mutable: boolean
  readonly required: boolean
  readonly developerOnly: boolean
  /** Undefined where Cognito shows no StringAttributeConstraints. */
  readonly length: { readonly min: string | undefined; readonly max: string | undefined } | undefined
  /** Undefined where Cognito shows no NumberAttributeConstraints. */
  readonly range: { readonly min: string | undefined; readonly max: string | undefined } | undefined
}

function text(name: string, min = '0', max = '2048'): AttributeDefinition {
  return { name, type: 'String', mutable: true, required: false, developerOnly: false, length: { min, max }, range: undefined }
}

function flag(name: string): AttributeDefinition {
  return { name, type: 'Boolean', mutable: true, required: false, developerOnly: false, length: undefined, range: undefined }
}

/** The 20 attributes of every pool (OpenID Connect Core §5.1 and Cognito's own), in the order DescribeUserPool shows them. */
export const standardAttributes: readonly AttributeDefinition[] = [
  { ...text('sub', '1'), mutable: false, required: true },
  text('name'),
  text('given_name'),
  text('family_name'),
  text('middle_name'),
  text('nickname'),
  text('preferred_username'),
  text('profile'),
  text('picture'),
  text('website'),
  text('email'),
  flag('email_verified'),
  text('gender'),
  text('birthdate', '10', '10'),
  text('zoneinfo'),
  text('locale'),
  text('phone_number'),
  flag('phone_number_verified'),
  text('address'),
  {
    name: 'updated_at',
    type: 'Number',
    mutable: true,
    required: false,
    developerOnly: false,
    length: undefined,
    range: { min: '0', max: undefined },
  },
]

/** Where a user came from, which the server itself writes. A pool shows it once somebody else can vouch for its users. */
export const identitiesAttribute: AttributeDefinition = { ...text('identities'), length: { min: undefined, max: undefined } }

export const isStandardAttribute = (name: string): boolean => standardAttributes.some((attribute) => attribute.name === name)
