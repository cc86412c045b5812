import { html } from '../../../base/html.ts'
import type { FactorRow, FactorsView } from '../../../oauth/account-page/sections/factors.ts'
import { type Entry, type EntryAction, entries, withAction } from '../../pages/account-components.ts'
import { lead } from '../../pages/components.ts'
import type { Shell } from '../../pages/layout.ts'
import { appSetupPage, methodTexts } from '../../pages/second-factor-pages.ts'
import { grouped } from '../challenge-page.ts'
import { problemText } from '../problem-text.ts'
import { otpAuthUri, qrCode } from '../qr-code.ts'
import { namesOf } from '../select-account.ts'
import { timeIfKnown } from '../time-text.ts'
import type { Content, SectionPage, Shown } from './section-page.ts'

type List = Extract<FactorsView, { kind: 'list' }>

export const factorsPage: SectionPage<FactorsView> = (shell, shown) => {
  const { view } = shown
  switch (view.kind) {
    case 'list':
      return listPage(shell, shown, view)
    case 'app':
      return appPage(shell, shown, view.secret)
    case 'recovery-codes':
      return recoveryCodesPage(shell, view.codes)
  }
}

function listPage(shell: Shell, shown: Shown<FactorsView>, view: List): Content {
  const { text } = shell
  return {
    title: text('accountFactors'),
    body: [
      lead(text(view.isRequired ? 'accountFactorsRequired' : 'accountFactorsText')),
      entries(shell, shown.address, [...view.rows.map((row) => entryOf(shell, shown, view, row)), ...recoveryEntry(shell, shown, view)]),
    ],
  }
}

function entryOf(shell: Shell, { may }: Shown<FactorsView>, view: List, row: FactorRow): Entry {
  const { text } = shell
  const { method, isUsable, isEnabled, isPreferred } = row
  const isApp = method === 'SOFTWARE_TOKEN_MFA'
  const state = isUsable ? (view.isRequired ? undefined : text(isEnabled ? 'accountOn' : 'accountOff')) : text('accountNotSetUp')
  const choose = (action: string, key: Parameters<typeof text>[0], isPossible: boolean): EntryAction | undefined =>
    isPossible && may(action) ? { action, label: text(key), fields: { method } } : undefined
  return {
    title: text(methodTexts[method]),
    marks: [state, isPreferred ? text('accountPreferred') : undefined],
    facts: isApp ? [['appSetupName', view.appName]] : undefined,
    actions: [
      choose('enable', 'accountTurnOn', isUsable && !isEnabled && !view.isRequired),
      choose('disable', 'accountTurnOff', isEnabled && !view.isRequired),
      choose('prefer', 'accountPrefer', isUsable && !isPreferred && canBeChosen(view, row)),
      isApp && may('app') ? { action: 'app', label: text(view.hasApp ? 'accountAppReplace' : 'accountAppSetUp') } : undefined,
    ],
  }
}

function recoveryEntry(shell: Shell, { may }: Shown<FactorsView>, { recoveryCodes }: List): readonly Entry[] {
  const { text } = shell
  if (recoveryCodes === undefined) return []
  const { remaining, createdAt } = recoveryCodes
  return [
    {
      title: text('accountRecoveryCodes'),
      facts: [
        ['accountRecoveryCodesLeft', String(remaining)],
        ['accountCreated', timeIfKnown(shell, createdAt)],
      ],
      note: text('accountRecoveryCodesText'),
      actions: [may('recovery-codes') ? { action: 'recovery-codes', label: text('accountRecoveryCodesNew') } : undefined],
    },
  ]
}

/** The codes are never shown again, so the page has no other content. */
function recoveryCodesPage({ text }: Shell, codes: readonly string[]): Content {
  const list = html`<ul class="codes">${codes.map((code) => html`<li><code class="key">${code}</code></li>`)}</ul>`
  return { title: text('accountRecoveryCodes'), body: [lead(text('accountRecoveryCodesSave')), list] }
}

/** Which method comes first matters only where there are two. */
const canBeChosen = ({ rows, isRequired }: List, row: FactorRow): boolean => {
  const inUse = rows.filter(({ isUsable, isEnabled }) => isUsable && (isRequired || isEnabled))
  return inUse.length > 1 && inUse.includes(row)
}

function appPage(shell: Shell, { account, address, problem }: Shown<FactorsView>, secret: string): Content {
  const { label, detail } = namesOf(account.user)
  const uri = otpAuthUri({ issuer: account.client.name, account: detail ?? label, secret })
  const { title, body } = appSetupPage(withAction(shell, 'verify-app'), {
    action: address,
    qrSvg: qrCode(uri),
    key: grouped(secret),
    problem: problem && problemText(shell.text, problem),
  })
  return { title, body: [body].flat(), hasProblem: true }
}
