import type { AccountSection } from './account-target.ts'
import { data } from './sections/data.ts'
import { deleteAccount } from './sections/delete-account.ts'
import { devices } from './sections/devices.ts'
import { factors } from './sections/factors.ts'
import { history } from './sections/history.ts'
import { links } from './sections/links.ts'
import { overview } from './sections/overview.ts'
import { passkeys } from './sections/passkeys.ts'
import { password } from './sections/password.ts'
import { profile } from './sections/profile.ts'
import { sessions } from './sections/sessions.ts'

export const sections = {
  overview,
  profile,
  password,
  factors,
  passkeys,
  devices,
  sessions,
  links,
  history,
  data,
  delete: deleteAccount,
} satisfies Record<AccountSection, object>
