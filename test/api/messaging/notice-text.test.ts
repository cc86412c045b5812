import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { renderNotice } from '../../../src/messaging/notice-text.ts'

describe('The text of a notice', () => {
  const hostile = '"><script>alert(1)</script>{country}{##go##}'

  it('escapes every value in HTML, and replaces no placeholder inside a value', () => {
    const template = { subject: 'In {city}', html: '<a href="{city}">{city}, {country}</a>', text: undefined }
    const { html, text, subject } = renderNotice(template, { texts: { city: hostile, country: 'DE' }, link: 'https://x.test/?a=1&b=2' })
    const escaped = '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{country}{##go##}'
    assert.equal(html, `<a href="${escaped}">${escaped}, DE</a>`)
    assert.equal(text, `${hostile}, DE (${hostile})`)
    assert.equal(subject, `In ${hostile}`)
  })

  it('has HTML from a template with text only, and its link as a link', () => {
    const values = { texts: { city: '<b>' }, link: 'https://x.test/?a=1&b=2' }
    const { html, text } = renderNotice({ subject: 's', html: undefined, text: 'From {city}\n{unknown}' }, values)
    assert.deepEqual([html, text], ['<div style="white-space: pre-wrap">From &lt;b&gt;\n{unknown}</div>', 'From <b>\n{unknown}'])
    const linked = renderNotice({ subject: 's', html: 'Go: {##<b>here</b>##}', text: undefined }, values)
    assert.equal(linked.html, 'Go: <a href="https://x.test/?a=1&amp;b=2"><b>here</b></a>')
    assert.equal(linked.text, 'Go: here (https://x.test/?a=1&b=2)')
  })

  it('has its subject on one line', () => {
    const { subject } = renderNotice({ subject: 'Hi {username}', html: 'x', text: undefined }, { texts: { username: 'a\r\nBcc: b' } })
    assert.equal(subject, 'Hi a Bcc: b')
  })
})
