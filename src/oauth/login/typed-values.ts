import { ApiError } from '../../contract/api-error.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import type { Parameters } from '../parameters.ts'

/**
 * The new password in a form. The user types it twice.
 *
 * @throws ApiError InvalidParameterException when the two are not the same.
 */
export function newPasswordIn(form: Parameters): string {
  const password = form.get('password') ?? ''
  if (password !== (form.get('confirm_password') ?? '')) throw new ApiError('InvalidParameterException', 'The passwords are not the same.')
  return password
}

/** A code as the user typed it. Authenticator apps show it in two groups. */
export const codeIn = (form: Parameters): string => (form.get('code') ?? '').replace(/\s+/g, '')

/** The name in a form. No name begins or ends with white space; phones add it when they fill in a word. */
export function nameIn({ usernameAttributes, aliasAttributes }: Pool, form: Parameters): string {
  const name = (form.get('username') ?? '').trim()
  const mayBePhone = usernameAttributes.includes('phone_number') || aliasAttributes.includes('phone_number')
  return mayBePhone ? withoutGroups(name) : name
}

/** A phone number without the spaces, hyphens and brackets that people write in it. Other texts stay as they are. */
export const withoutGroups = (text: string): string => (/^\+[\d\s().-]+$/.test(text) ? text.replace(/[\s().-]/g, '') : text)

/** The address or number in the field `contact` of a form. */
export function contactIn(form: Parameters, attribute: ContactAttribute): string {
  const typed = (form.get('contact') ?? '').trim()
  return attribute === 'phone_number' ? withoutGroups(typed) : typed
}
