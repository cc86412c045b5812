import type { OperationName } from '../../contract/operation.ts'
import type { SelfServiceOperation } from '../../pools/extensions/self-service.ts'
import type { User } from '../../users/user.ts'
import type { Parameters } from '../parameters.ts'
import type { Account, Condition } from './account.ts'
import type { AccountPageDeps } from './account-page-deps.ts'

/** What an action has done, for the notice on the page. */
export type Done =
  | { readonly kind: 'saved' | 'removed' | 'signed-out' | 'thanks' }
  | { readonly kind: 'code-sent'; readonly destination: string | undefined }

/** The user's session in this browser is over, and why. */
export type Ending = 'signed-out' | 'signed-out-and-reset' | 'deleted'

export type ActionResult<View> =
  | { readonly kind: 'done'; readonly done: Done }
  /** A further step. Its view takes the place of the section's own. */
  | { readonly kind: 'step'; readonly view: View }
  /** `stored` is the user with the new password, as the change has stored it. */
  | { readonly kind: 'new-password'; readonly stored: User }
  | { readonly kind: 'ended'; readonly ending: Ending }
  | { readonly kind: 'file'; readonly name: string; readonly content: object }

export type Action<View> = Condition & {
  /** The operation whose request rate the action counts against. */
  readonly operation: OperationName
  /** @throws ApiError as the operation does, and ResourceNotFoundException for what is not the user's. */
  run(deps: AccountPageDeps, account: Account, form: Parameters): Promise<ActionResult<View>>
  /** The view after a refusal, where it is not that of the section. */
  retry?(deps: AccountPageDeps, account: Account): Promise<View | undefined>
}

/** A part of the account page. */
export type Section<View, Name extends string = string> = {
  /** The switches of what the section shows. */
  readonly shows: readonly SelfServiceOperation[]
  /** Whether the pool and the user have what the section is about. */
  isOffered(account: Account): boolean
  /** `may` tells which actions are allowed now. */
  open(deps: AccountPageDeps, account: Account, may: (action: Name) => boolean): Promise<View>
  readonly actions: Readonly<Record<Name, Action<View>>>
}

/** Binds a section to its view. */
export const section = <View, Name extends string>(parts: Section<View, Name>): Section<View, Name> => parts
