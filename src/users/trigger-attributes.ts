import type { Attributes, User } from './user.ts'

/** A user's attributes as triggers are told of them: all text, with `sub` and the status among them. */
export function triggerAttributes({ sub, status, attributes }: Pick<User, 'sub' | 'status' | 'attributes'>): Attributes {
  return { sub, 'cognito:user_status': status, ...attributes }
}
