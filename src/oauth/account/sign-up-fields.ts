import type { AppClientCaller } from '../../pools/app-client.ts'
import { requiredAttributeNames, writableAttributes } from '../../pools/attribute-rules.ts'
import type { ContactAttribute } from '../../pools/pool.ts'
import { nameIn, withoutGroups } from '../login/typed-values.ts'
import type { Parameters } from '../parameters.ts'

/** What the sign-up page asks for, besides the password. */
export type SignUpFields = {
  /** Undefined where an attribute that the page asks for is the name. */
  readonly name: 'username' | ContactAttribute | 'email-or-phone' | undefined
  readonly attributes: readonly string[]
}

/** The name of a new user in the request of SignUp. */
type NewName = { readonly username: string; readonly attributes: Readonly<Record<string, string>> }

/** The required attributes that the client may write, and the name. In a pool with username attributes, an address is the name. */
export function signUpFieldsOf({ pool, client }: AppClientCaller): SignUpFields {
  const attributes = requiredAttributeNames(pool).filter(writableAttributes(pool, client))
  const [first, ...others] = pool.usernameAttributes
  if (first === undefined) return { name: 'username', attributes }
  if (nameAttributeOf(pool.usernameAttributes, attributes) !== undefined) return { name: undefined, attributes }
  return { name: others.length > 0 ? 'email-or-phone' : first, attributes }
}

const nameAttributeOf = (names: readonly ContactAttribute[], asked: readonly string[]): ContactAttribute | undefined =>
  names.find((name) => asked.includes(name))

export const fieldOfAttribute = (attribute: string): string => `requiredAttributes[${attribute}]`

/** Reads the name and the attributes that the page asks for. Other attributes in the form are ignored. */
export function readSignUp(owner: AppClientCaller, form: Parameters): NewName {
  const { name, attributes: asked } = signUpFieldsOf(owner)
  const typedIn = (attribute: string): string => {
    const typed = form.get(fieldOfAttribute(attribute)) ?? ''
    return attribute === 'phone_number' ? withoutGroups(typed.trim()) : attribute === 'email' ? typed.trim() : typed
  }
  const attributes = Object.fromEntries(asked.map((attribute) => [attribute, typedIn(attribute)]))
  if (name !== undefined) return { username: nameIn(owner.pool, form), attributes }
  return { username: attributes[nameAttributeOf(owner.pool.usernameAttributes, asked) ?? ''] ?? '', attributes }
}
