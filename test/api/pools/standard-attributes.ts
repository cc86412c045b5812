import type { SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'

const text = (name: string, min = '0', max = '2048') => ({
  Name: name,
  AttributeDataType: 'String' as const,
  DeveloperOnlyAttribute: false,
  Mutable: true,
  Required: false,
  StringAttributeConstraints: { MinLength: min, MaxLength: max },
})

const flag = (name: string) => ({
  Name: name,
  AttributeDataType: 'Boolean' as const,
  DeveloperOnlyAttribute: false,
  Mutable: true,
  Required: false,
})

/** SchemaAttributes of a pool that was created without Schema, recorded from Cognito. */
export const standardAttributes: readonly SchemaAttributeType[] = [
  { ...text('sub', '1'), Mutable: false, Required: true },
  ...['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture', 'website', 'email'].map(
    (name) => text(name),
  ),
  flag('email_verified'),
  text('gender'),
  text('birthdate', '10', '10'),
  text('zoneinfo'),
  text('locale'),
  text('phone_number'),
  flag('phone_number_verified'),
  text('address'),
  {
    Name: 'updated_at',
    AttributeDataType: 'Number',
    DeveloperOnlyAttribute: false,
    Mutable: true,
    Required: false,
    NumberAttributeConstraints: { MinValue: '0' },
  },
]
