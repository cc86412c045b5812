import { findCode } from '../../../messaging/code-repository.ts'
import { readableAttributes, writableAttributes } from '../../../pools/attribute-rules.ts'
import type { AttributeDefinition } from '../../../pools/attribute-schema.ts'
import type { ContactAttribute } from '../../../pools/pool.ts'
import { isCurrentOrPending, requireContactAttribute } from '../../../users/profile/address-to-verify.ts'
import { getUserAttributeVerificationCode } from '../../../users/profile/get-user-attribute-verification-code.operation.ts'
import { updateUserAttributes } from '../../../users/profile/update-user-attributes.operation.ts'
import { verifyUserAttribute } from '../../../users/profile/verify-user-attribute.operation.ts'
import { lockedAttributesOf } from '../../../users/self-service/self-service.ts'
import { isContactAttribute, isVerified } from '../../../users/user.ts'
import { codeIn, contactIn } from '../../login/typed-values.ts'
import type { Parameters } from '../../parameters.ts'
import type { Account } from '../account.ts'
import type { AccountPageDeps } from '../account-page-deps.ts'
import { callAsUser } from '../call-as-user.ts'
import { type ActionResult, section } from '../section.ts'

export type ProfileAttribute = {
  readonly definition: AttributeDefinition
  readonly value: string | undefined
  readonly isEditable: boolean
}

export type ProfileAddress = {
  readonly attribute: ContactAttribute
  readonly value: string | undefined
  readonly isRequired: boolean
  readonly isEditable: boolean
  readonly isVerified: boolean
  /** The address that a code was sent to. Undefined when no code waits. */
  readonly waiting: string | undefined
}

export type ProfileView = { readonly attributes: readonly ProfileAttribute[]; readonly addresses: readonly ProfileAddress[] }

/** The user's attributes, as far as the app client may read and write them. */
export const profile = section({
  shows: ['GetUser'],
  isOffered: () => true,

  async open(deps, account): Promise<ProfileView> {
    const shown = definitionsOf(account)
    const addresses = shown.filter(({ name }) => isContactAttribute(name))
    return {
      attributes: shown
        .filter(({ name }) => !isContactAttribute(name))
        .map((definition) => ({ definition, value: account.user.attributes[definition.name], isEditable: canEdit(account, definition) })),
      addresses: await Promise.all(addresses.map((definition) => describeAddress(deps, account, definition))),
    }
  },

  actions: {
    save: {
      operation: 'UpdateUserAttributes',
      switches: ['UpdateUserAttributes'],
      // A preferred username may be a name that the user signs in with.
      isSensitive: ({ pool }) => pool.aliasAttributes.includes('preferred_username'),
      run: (deps, account, form) => update(deps, account, changedAttributes(account, form)),
    },
    address: {
      operation: 'UpdateUserAttributes',
      switches: ['UpdateUserAttributes'],
      isSensitive: true,
      run(deps, account, form) {
        const attribute = requireContactAttribute(form.get('attribute') ?? '')
        return update(deps, account, { [attribute]: contactIn(form, attribute) })
      },
    },
    verify: {
      operation: 'VerifyUserAttribute',
      switches: ['VerifyUserAttribute'],
      isSensitive: true,
      async run(deps, account, form) {
        await callAsUser(verifyUserAttribute, deps, account, { AttributeName: form.get('attribute') ?? '', Code: codeIn(form) })
        return { kind: 'done', done: { kind: 'saved' } }
      },
    },
    resend: {
      operation: 'GetUserAttributeVerificationCode',
      switches: ['GetUserAttributeVerificationCode'],
      isSensitive: true,
      async run(deps, account, form) {
        const request = { AttributeName: form.get('attribute') ?? '' }
        const { CodeDeliveryDetails: sent } = await callAsUser(getUserAttributeVerificationCode, deps, account, request)
        return { kind: 'done', done: { kind: 'code-sent', destination: sent?.Destination } }
      },
    },
  },
})

/** The flags beside addresses, the user id and the linked identities have no field of their own. */
const hidden: readonly string[] = ['sub', 'email_verified', 'phone_number_verified', 'identities', 'updated_at']

function definitionsOf(account: Account): readonly AttributeDefinition[] {
  const isReadable = readableAttributes(account.pool, account.client)
  return account.pool.schema.filter(({ name }) => isReadable(name) && !hidden.includes(name))
}

const canEdit = (account: Account, { name, mutable }: AttributeDefinition): boolean =>
  mutable && writableAttributes(account.pool, account.client)(name) && !lockedAttributesOf(account).has(name)

export const fieldOf = (attribute: string): string => `attribute[${attribute}]`

/** What the form changes. A field that the page does not have is ignored. */
function changedAttributes(account: Account, form: Parameters): Readonly<Record<string, string>> {
  const editable = definitionsOf(account).filter((definition) => !isContactAttribute(definition.name) && canEdit(account, definition))
  const typed = editable.map(({ name }) => [name, form.get(fieldOf(name)) ?? ''] as const)
  return Object.fromEntries(typed.filter(([name, value]) => value !== (account.user.attributes[name] ?? '')))
}

async function update(
  deps: AccountPageDeps,
  account: Account,
  changes: Readonly<Record<string, string>>,
): Promise<ActionResult<ProfileView>> {
  const UserAttributes = Object.entries(changes).map(([Name, Value]) => ({ Name, Value }))
  if (UserAttributes.length === 0) return { kind: 'done', done: { kind: 'saved' } }
  const { CodeDeliveryDetailsList: sent = [] } = await callAsUser(updateUserAttributes, deps, account, { UserAttributes })
  const [first] = sent
  return { kind: 'done', done: first === undefined ? { kind: 'saved' } : { kind: 'code-sent', destination: first.Destination } }
}

async function describeAddress({ db }: AccountPageDeps, account: Account, definition: AttributeDefinition): Promise<ProfileAddress> {
  const { pool, user, now } = account
  const attribute = requireContactAttribute(definition.name)
  const code = await findCode(db, { poolId: pool.id, sub: user.sub, purpose: `verify-${attribute}` })
  const isWaiting = code?.value !== undefined && code.expiresAt > now && isCurrentOrPending(account, user, attribute, code.value)
  return {
    attribute,
    value: user.attributes[attribute],
    isRequired: definition.required || pool.usernameAttributes.includes(attribute),
    isEditable: canEdit(account, definition),
    isVerified: isVerified(user.attributes, attribute),
    waiting: isWaiting ? code.value : undefined,
  }
}
