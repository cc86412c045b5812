import type { Html } from '../../../base/html.ts'
import type { ApiError } from '../../../contract/api-error.ts'
import type { Account } from '../../../oauth/account-page/account.ts'
import type { AccountSection } from '../../../oauth/account-page/account-target.ts'
import type { Parameters } from '../../../oauth/parameters.ts'
import type { Shell } from '../../pages/layout.ts'

/** What the page of a section is made from. */
export type Shown<View> = {
  readonly view: View
  readonly account: Account
  /** Where the forms of the page go. */
  readonly address: string
  readonly offered: readonly AccountSection[]
  /** Whether the page offers the action now. */
  may(action: string): boolean
  /** What was wrong with the last form, and what was typed. */
  readonly problem: ApiError | undefined
  readonly form: Parameters | undefined
}

/** The content of a page, below what all pages of the account have in common. */
export type Content = {
  readonly title: string
  readonly body: readonly (Html | undefined)[]
  readonly script?: string | undefined
  /** Whether the page shows the problem itself, at a field. */
  readonly hasProblem?: boolean | undefined
}

export type SectionPage<View> = (shell: Shell, shown: Shown<View>) => Content
