import type { NoticeTemplate } from '../../messaging/notice-text.ts'
import { templatesFor } from '../../messaging/templates.ts'
import type { AccountChange } from '../../pools/extensions/threat-protection-extension.ts'
import type { AccountNoticeTemplates } from '../../pools/message-templates.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Attributes } from '../user.ts'

type Names = { readonly email: keyof AccountNoticeTemplates; readonly subject: keyof AccountNoticeTemplates }

/** What a notice is about. Pools turn the notices of linked and unlinked identities on together. */
export type NoticedChange = AccountChange | 'IDENTITY_UNLINKED'

/** The members of a pool's templates that have the texts for each change. */
const names: Readonly<Record<NoticedChange, Names>> = {
  PASSWORD: { email: 'passwordChangedEmail', subject: 'passwordChangedSubject' },
  EMAIL: { email: 'emailChangedEmail', subject: 'emailChangedSubject' },
  PHONE_NUMBER: { email: 'phoneNumberChangedEmail', subject: 'phoneNumberChangedSubject' },
  MFA: { email: 'mfaChangedEmail', subject: 'mfaChangedSubject' },
  PASSKEY: { email: 'passkeyChangedEmail', subject: 'passkeyChangedSubject' },
  IDENTITY: { email: 'identityLinkedEmail', subject: 'identityLinkedSubject' },
  IDENTITY_UNLINKED: { email: 'identityUnlinkedEmail', subject: 'identityUnlinkedSubject' },
  RECOVERY_CODE: { email: 'recoveryCodeUsedEmail', subject: 'recoveryCodeUsedSubject' },
}

const resetAdvice = '<p>If this was not you, set a new password now, and ask the people who run the app for help.</p>'

const textOf = (sentence: string, advice: string = resetAdvice) => `<p>Hello {username},</p>\n<p>${sentence}</p>\n${advice}`

type Texts = { readonly subject: string; readonly html: string }

/** Our texts, for pools that have none in the user's language. */
const defaults: Readonly<Record<NoticedChange, Texts>> = {
  PASSWORD: { subject: 'Your password was changed', html: textOf('The password of your account was changed on {time}.') },
  EMAIL: {
    subject: 'Your email address was changed',
    html: textOf(
      'The email address of your account was changed on {time}. The new address is {new-address}.',
      '<p>If this was not you: {##Undo the change##}. The link works once, for {undo-days} days.</p>',
    ),
  },
  PHONE_NUMBER: {
    subject: 'Your phone number was changed',
    html: textOf('The phone number of your account was changed on {time}. The new number is {new-address}.'),
  },
  MFA: {
    subject: 'Your second sign-in step was changed',
    html: textOf('The second step at the sign-in to your account was changed on {time}.'),
  },
  PASSKEY: { subject: 'Your passkeys were changed', html: textOf('A passkey of your account was added or removed on {time}.') },
  RECOVERY_CODE: {
    subject: 'A recovery code was used',
    html: textOf('A recovery code was used to sign in to your account on {time}. Codes that are left: {codes-left}.'),
  },
  IDENTITY_UNLINKED: {
    subject: 'A way to sign in to your account was removed',
    html: textOf('Your account at {provider} was unlinked from this account on {time}.'),
  },
  IDENTITY: { subject: 'A new way to sign in to your account', html: textOf('An account at {provider} was linked to yours on {time}.') },
}

/** A notice to an old address that has no link, because links that undo more are out already. */
const withoutUndo = textOf('The email address of your account was changed on {time}. The new address is {new-address}.')

/** The texts for a change, in the user's language if the pool has them. */
export function accountTemplateFor(
  pool: Pool,
  attributes: Attributes,
  { change, hasLink }: { readonly change: NoticedChange; readonly hasLink: boolean },
): NoticeTemplate {
  const templates = templatesFor(pool, attributes['locale'])
  const { subject, html } = defaults[change]
  const own = templates[names[change].email]
  const fallback = change === 'EMAIL' && !hasLink ? withoutUndo : html
  return { subject: templates[names[change].subject] ?? subject, html: own ?? fallback, text: undefined }
}
