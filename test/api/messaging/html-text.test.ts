import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { textOfHtml } from '../../../src/messaging/html-text.ts'

describe('The plain text of an HTML message', () => {
  it('keeps words, paragraphs, line breaks and the addresses of links', () => {
    const html = `<html><head><title>no</title><style>p { color: red }</style></head><body><!-- no -->
      <h1>Hello,   <b>Ana</b></h1><p>Your code is<br>123456.</p><ul><li>one</li><li>two</li></ul>
      <a href='https://x.test/?a=1&amp;b=2'>Verify</a> <a href="https://y.test">https://y.test</a><script>no()</script></body></html>`
    assert.equal(textOfHtml(html), 'Hello, Ana\n\nYour code is\n123456.\n\none\n\ntwo\n\nVerify (https://x.test/?a=1&b=2) https://y.test')
  })

  it('keeps the line breaks of a text without markup, and angle brackets that are not tags', () => {
    assert.equal(textOfHtml('Hello\n\n\nyour code < 7 is\n  1 '), 'Hello\n\nyour code < 7 is\n1')
  })

  it('decodes entities once, and allows quoted angle brackets in attributes', () => {
    assert.equal(textOfHtml('<p title="a > b">&amp;lt; &#65;&#x42; &nbsp;&unknown; &#0;&#xD800;</p>'), '&lt; AB &unknown;')
  })

  it('takes time in proportion to the length of hostile templates', () => {
    const started = performance.now()
    for (const piece of ['<', '<!--', '<style>', '<a href="', '<a ', '&', '{##', '<x '])
      assert.ok(textOfHtml(piece.repeat(20_000)).length <= 80_000)
    assert.ok(performance.now() - started < 2000)
  })
})
