import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { html, trustedHtml } from '../../src/base/html.ts'

describe('HTML templates', () => {
  it('escape values, join lists, and write nothing for undefined and false', () => {
    const hostile = `"><script>alert('1')</script>&amp;`
    const page = html`<a title="${hostile}">${[html`<b>${1}</b>`, hostile, [trustedHtml('<hr>')]]}${undefined}${false}</a>`
    const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;'
    assert.equal(page.toString(), `<a title="${escaped}"><b>1</b>${escaped}<hr></a>`)
  })
})
