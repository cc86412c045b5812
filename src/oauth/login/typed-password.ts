import { ApiError } from '../../contract/api-error.ts'
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
