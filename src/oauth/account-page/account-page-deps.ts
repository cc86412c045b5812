import type { Operation, OperationName } from '../../contract/operation.ts'
import type { PasskeyRegistrationDeps } from '../../users/passkeys/register-passkey.ts'
import type { deleteUser } from '../../users/profile/delete-user.operation.ts'
import type { SetOwnPasswordDeps } from '../../users/profile/set-own-password.ts'
import type { updateUserAttributes } from '../../users/profile/update-user-attributes.operation.ts'
import type { FeedbackDeps } from '../account/feedback.ts'
import type { LoginDeps } from '../login/login.ts'
import type { EndSessionDeps } from '../logout/end-session.ts'

type DepsOf<O> = O extends Operation<infer _N extends OperationName, infer D, never> ? D : never

/** What the page needs: what its operations need, and what finds the session of the browser. */
export type AccountPageDeps = LoginDeps &
  PasskeyRegistrationDeps &
  FeedbackDeps &
  EndSessionDeps &
  SetOwnPasswordDeps &
  DepsOf<typeof deleteUser> &
  DepsOf<typeof updateUserAttributes>
