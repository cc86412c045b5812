import type { ApiError } from '../../contract/api-error.ts'
import { fieldOfAttribute, type SignUpFields } from '../../oauth/account/sign-up-fields.ts'
import { stolenPassword } from '../../protection/breached-passwords/password-screening.ts'
import type { TextKey } from '../pages/locales/en.ts'

/** What is wrong with the fields of a sign-up form, by the names of the fields. Empty when the error is about none of them. */
export function fieldProblemsIn({ code, message }: ApiError, { name, attributes }: SignUpFields): ReadonlyMap<string, TextKey> {
  const nameField = name === undefined ? fieldOfAttribute(attributes.includes('email') ? 'email' : 'phone_number') : 'username'
  if (message === stolenPassword().message) return new Map([['password', 'errorPasswordStolen']])
  if (code === 'InvalidPasswordException') return new Map([['password', 'errorPasswordRules']])
  if (code === 'UsernameExistsException') return new Map([[nameField, 'errorUserExists']])
  if (code !== 'InvalidParameterException') return new Map()
  if (message === 'The passwords are not the same.') return new Map([['confirm_password', 'errorPasswordsDiffer']])
  if (message.startsWith('Username cannot begin with ')) return new Map([[nameField, 'errorUsernameReserved']])
  if (message.startsWith('Username ')) return new Map([[nameField, 'errorFormat']])
  const address = message === 'Invalid email address format.' ? 'email' : message === 'Invalid phone number format.' ? 'phone_number' : ''
  if (address !== '') return new Map([[attributes.includes(address) ? fieldOfAttribute(address) : nameField, 'errorFormat']])
  return new Map([...violations(message, nameField), ...schemaProblems(message)])
}

/** Values that the API refuses before anything else: those with wrong characters, or that are too short or too long. */
function violations(message: string, nameField: string): [string, TextKey][] {
  if (!/^\d+ validation errors? detected: /.test(message)) return []
  const wrong: [string, TextKey][] = []
  if (message.includes("at 'username' failed")) wrong.push([nameField, 'errorFormat'])
  if (message.includes("at 'password' failed")) wrong.push(['password', 'errorPasswordRules'])
  return wrong
}

/** The API names each attribute that does not conform, in a line of its own. */
function schemaProblems(message: string): [string, TextKey][] {
  const [, list = ''] = /^Attributes did not conform to the schema: (.*)$/s.exec(message) ?? []
  return [...list.matchAll(/^([^\s:]+(?::[^\s:]+)?): (.*)$/gm)].map(([, attribute = '', problem]) => [
    fieldOfAttribute(attribute),
    problem === 'The attribute is required' ? 'errorRequired' : 'errorFormat',
  ])
}
