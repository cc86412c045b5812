import type { Pool } from '../../pools/pool.ts'
import type { Field } from '../pages/components.ts'
import type { Shell } from '../pages/layout.ts'
import type { TextKey } from '../pages/locales/en.ts'

type Kind = Pick<Field, 'type' | 'autocomplete' | 'inputmode'> & { readonly label: TextKey; readonly hint?: TextKey }

/** How each standard attribute is asked for, with the autocomplete tokens of the HTML standard. */
const kinds: Readonly<Record<string, Kind>> = {
  address: { label: 'attributeAddress', autocomplete: 'street-address' },
  birthdate: { label: 'attributeBirthdate', type: 'date', autocomplete: 'bday' },
  email: { label: 'attributeEmail', type: 'email', autocomplete: 'email', inputmode: 'email' },
  family_name: { label: 'attributeFamilyName', autocomplete: 'family-name' },
  gender: { label: 'attributeGender', autocomplete: 'sex' },
  given_name: { label: 'attributeGivenName', autocomplete: 'given-name' },
  locale: { label: 'attributeLocale', autocomplete: 'language' },
  middle_name: { label: 'attributeMiddleName', autocomplete: 'additional-name' },
  name: { label: 'attributeName', autocomplete: 'name' },
  nickname: { label: 'attributeNickname', autocomplete: 'nickname' },
  phone_number: { label: 'attributePhoneNumber', type: 'tel', autocomplete: 'tel', inputmode: 'tel', hint: 'phoneHint' },
  picture: { label: 'attributePicture', type: 'url', autocomplete: 'photo', inputmode: 'url' },
  preferred_username: { label: 'attributePreferredUsername', autocomplete: 'nickname' },
  profile: { label: 'attributeProfile', type: 'url', autocomplete: 'url', inputmode: 'url' },
  updated_at: { label: 'attributeUpdatedAt', inputmode: 'numeric' },
  website: { label: 'attributeWebsite', type: 'url', autocomplete: 'url', inputmode: 'url' },
  zoneinfo: { label: 'attributeZoneinfo' },
}

type Asked = {
  /** The name of the field in the form. */
  readonly name: string
  readonly attribute: string
  readonly pool: Pool
  readonly value: string | undefined
  /** What is wrong with the value. */
  readonly error?: string | undefined
}

/** What people call an attribute. A custom attribute is called by its own name. */
export function attributeLabel({ text }: Shell, attribute: string): string {
  const label = kinds[attribute]?.label
  return label === undefined ? attribute.replace(/^(?:dev:)?custom:/, '') : text(label)
}

/** The field for an attribute of the pool. */
export function attributeField(shell: Shell, { name, attribute, pool, value, error }: Asked): Field {
  const { label: _label, hint, ...kind } = kinds[attribute] ?? { label: undefined, hint: undefined }
  const max = Number(pool.schema.find((one) => one.name === attribute)?.length?.max ?? 2048)
  return {
    name,
    label: attributeLabel(shell, attribute),
    value,
    hint: hint && shell.text(hint),
    maxLength: Math.min(max, 2048),
    error,
    hasFocus: error !== undefined,
    ...kind,
  }
}
