import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { renderMessage, type TemplateValues } from '../../../src/messaging/templates.ts'
import { templatesWith } from './messaging-setup.ts'

const values: TemplateValues = { username: 'ana', code: '123456', link: undefined }
const defaults = templatesWith({})
const byLink = (changes = {}) => templatesWith({ verifyBy: 'CONFIRM_WITH_LINK', ...changes })

describe('The built-in texts of messages', () => {
  it('are those of Cognito in a pool without templates', () => {
    assert.deepEqual(renderMessage(defaults, 'sign-up', 'email', values), {
      channel: 'email',
      subject: 'Your verification code',
      html: 'Your verification code is 123456. ',
      text: 'Your verification code is 123456.',
    })
    assert.deepEqual(renderMessage(defaults, 'forgot-password', 'sms', values), {
      channel: 'sms',
      text: 'Your verification code is 123456. ',
    })
    assert.deepEqual(renderMessage(defaults, 'mfa', 'sms', values), { channel: 'sms', text: 'Your authentication code is 123456. ' })
    const invitation = renderMessage(defaults, 'invitation', 'email', values)
    assert.equal(invitation?.text, 'Your username is ana and temporary password is 123456.')
    assert.equal(invitation.channel === 'email' && invitation.subject, 'Your temporary password')
  })

  it('replace an invitation template for a user without a password, and do not mention a password', () => {
    const rendered = renderMessage(templatesWith({ inviteEmail: '{username}: {####}' }), 'invitation', 'email', {
      ...values,
      code: undefined,
    })
    assert.equal(rendered?.text, 'Your username is ana.')
  })
})

describe('A pool that verifies by link', () => {
  const link = 'https://id.example.test/confirmUser?client_id=c&user_name=ana&confirmation_code=123456'

  it('puts the escaped link under the words of the template, and its address into the plain text', () => {
    const rendered = renderMessage(byLink(), 'sign-up', 'email', { ...values, link })
    assert.ok(rendered?.channel === 'email')
    assert.equal(rendered.subject, 'Your verification link')
    assert.match(
      rendered.html,
      /<a href="https:\/\/id\.example\.test\/confirmUser\?client_id=c&amp;user_name=ana&amp;confirmation_code=123456">Verify Email<\/a>/,
    )
    assert.equal(rendered.text, `Please click the link below to verify your email address. Verify Email (${link})`)
  })

  it('uses codes for forgotten passwords, changed attributes and text messages', () => {
    for (const kind of ['forgot-password', 'verify-attribute', 'update-attribute'] as const) {
      assert.equal(renderMessage(byLink(), kind, 'email', { ...values, link })?.text, 'Your verification code is 123456.')
    }
    assert.equal(renderMessage(byLink(), 'sign-up', 'sms', { ...values, link })?.text, 'Your verification code is 123456. ')
  })
})

describe('A template without a placeholder for the code, link or password', () => {
  it('sends nothing', () => {
    assert.equal(renderMessage(templatesWith({ inviteEmail: 'Welcome, {username}!' }), 'invitation', 'email', values), undefined)
    assert.equal(renderMessage(templatesWith({ inviteSms: 'Welcome, {username}!' }), 'invitation', 'sms', values), undefined)
    assert.equal(
      renderMessage(byLink({ linkEmail: 'Click where? {####}' }), 'resend', 'email', { ...values, link: 'https://x.test' }),
      undefined,
    )
  })
})

describe('A hostile username', () => {
  const template = templatesWith({
    inviteEmail: '<p title="{username}">{username} {####}</p>',
    inviteSms: '{username} {####}',
    inviteSubject: 'For {username}',
  })
  const rendered = (username: string) => {
    const message = renderMessage(template, 'invitation', 'email', { ...values, username })
    assert.ok(message?.channel === 'email')
    return message
  }

  it('is escaped in HTML, even inside attributes, and unchanged in plain text', () => {
    const { html, text } = rendered(`<script>alert(1)</script>"onload='x'&amp;`)
    assert.equal(html.includes('<script'), false)
    assert.match(html, /^<p title="&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot;onload=&#39;x&#39;&amp;amp;">/)
    assert.equal(text, `<script>alert(1)</script>"onload='x'&amp; 123456`)
  })

  it('is not searched for placeholders', () => {
    assert.equal(rendered('{####}{username}{##click##}').text, '{####}{username}{##click##} 123456')
    assert.equal(renderMessage(template, 'invitation', 'sms', { ...values, username: '{####}' })?.text, '{####} 123456')
    assert.equal(rendered('$&$1$`').subject, 'For $&$1$`')
  })

  it('adds no header through the subject and no control sequence to a text message', () => {
    assert.equal(rendered('ana\r\nBcc: eve@example.test\u2028x').subject, 'For ana Bcc: eve@example.test x')
    assert.equal(renderMessage(template, 'invitation', 'sms', { ...values, username: 'a\u001b[2Jb\u0000' })?.text, 'a[2Jb 123456')
  })
})

describe('A password with markup', () => {
  it('is escaped in HTML and unchanged in plain text', () => {
    const message = renderMessage(templatesWith({}), 'invitation', 'email', { ...values, code: 'A<b>&"\'{username}1' })
    assert.ok(message?.channel === 'email')
    assert.match(message.html, /password is A&lt;b&gt;&amp;&quot;&#39;\{username\}1\. $/)
    assert.match(message.text, /password is A<b>&"'\{username\}1\.$/)
  })
})
