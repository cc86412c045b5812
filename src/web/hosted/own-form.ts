import { ApiError } from '../../contract/api-error.ts'
import type { OperationName } from '../../contract/operation.ts'
import type { Parameters } from '../../oauth/parameters.ts'
import { cookieIn, csrfCookieName } from '../oauth/cookies.ts'
import { isOwnForm } from '../oauth/csrf.ts'
import { countAs } from '../oauth/oauth-route.ts'
import type { Visit } from './visit.ts'

type Work<T, E> = {
  /** The API operation that does the same, for the request rates. */
  readonly operation: OperationName
  take(form: Parameters): Promise<T>
  /** For a form that this browser did not get from this host. */
  refuse(form: Parameters, problem: ApiError): Promise<E>
}

/** Takes a form. One without the browser's token may have been open for long, or may come from another site. */
export async function takeOwnForm<T, E>(visit: Visit, form: Parameters, { operation, take, refuse }: Work<T, E>): Promise<T | E> {
  const { options, names, request } = visit
  if (!isOwnForm(request, form.get('_csrf'), names)) return refuse(form, foreignForm(visit))
  countAs(operation, request, options)
  return take(form)
}

/** The problem with a form that lacks the browser's token. A browser that keeps no cookies has none. */
function foreignForm({ request, names }: Visit): ApiError {
  const hasCookie = cookieIn(request, csrfCookieName(names)) !== undefined
  return new ApiError('NotAuthorizedException', hasCookie ? 'This page has expired. Please try again.' : 'The browser sent no cookie.')
}
