import { type Html, html } from '../../../base/html.ts'
import type { PasskeysView } from '../../../oauth/account-page/sections/passkeys.ts'
import type { Passkey } from '../../../users/passkeys/passkey.ts'
import { type Entry, entries, withAction } from '../../pages/account-components.ts'
import { type Field, field, form, lead, passkeyButton, passkeyNotes, submit } from '../../pages/components.ts'
import type { Shell } from '../../pages/layout.ts'
import { passkeyScriptPath } from '../../pages/passkey-script.ts'
import { timeIfKnown } from '../time-text.ts'
import type { SectionPage } from './section-page.ts'

/** The longest name of a passkey (`PasskeyNameType`). */
const longestName = 64

/** The passkeys of the user, each with its name, and the form for a new one. */
export const passkeysPage: SectionPage<PasskeysView> = (shell, { view, address, may }) => {
  const { text } = shell
  const list = view.passkeys.map(
    (passkey): Entry => ({
      title: passkey.name,
      facts: [
        ['accountCreated', timeIfKnown(shell, passkey.createdAt)],
        ['accountLastUsed', timeIfKnown(shell, passkey.lastUsedAt)],
      ],
      actions: [may('remove') ? { action: 'remove', label: text('accountRemoveButton'), fields: { id: passkey.id } } : undefined],
      more: may('rename') ? renaming(shell, address, passkey) : undefined,
    }),
  )
  const options = view.options && JSON.stringify(view.options)
  const name = may('rename') ? nameField(shell, { isOptional: true }) : undefined
  const add =
    options === undefined
      ? []
      : [
          form(withAction(shell, 'add'), {
            action: address,
            passkey: { kind: 'create', options },
            fields: [...passkeyNotes(shell, true), name, passkeyButton(text('passkeySetupButton'), 'primary')],
          }),
        ]
  return {
    title: text('accountPasskeys'),
    body: [
      lead(text('passkeySetupText')),
      list.length === 0 ? html`<p>${text('accountNoPasskeys')}</p>` : entries(shell, address, list),
      ...add,
    ],
    script: options === undefined ? undefined : passkeyScriptPath,
  }
}

const nameField = (shell: Shell, more: Partial<Field>): Html =>
  field(shell, { name: 'name', label: shell.text('accountPasskeyName'), maxLength: longestName, ...more })

function renaming(shell: Shell, address: string, { id, name }: Passkey): Html {
  const fields = [nameField(shell, { id: `name-${id}`, value: name }), submit(shell.text('accountSaveButton'))]
  return html`<details class="details"><summary>${shell.text('accountRename')}<span class="unseen"> – ${name}</span></summary><div class="more">${form(withAction(shell, 'rename', { id }), { action: address, fields })}</div></details>`
}
