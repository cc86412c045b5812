import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { termsLinksIn } from '../../src/pools/terms/terms-links.ts'

const use = {
  'cognito:default': 'https://a.test/use',
  'cognito:german': 'https://a.test/de',
  'cognito:portuguese-brazil': 'https://a.test/pt',
}
const privacy = { 'cognito:default': 'https://a.test/privacy', 'cognito:french': 'https://a.test/fr' }

describe('The links of terms', () => {
  it('are those of the language, or else the default ones', () => {
    const terms = new Map<'terms-of-use' | 'privacy-policy', Record<string, string>>([
      ['terms-of-use', use],
      ['privacy-policy', privacy],
    ])
    const expected = {
      de: ['https://a.test/de', 'https://a.test/privacy'],
      fr: ['https://a.test/use', 'https://a.test/fr'],
      'pt-BR': ['https://a.test/pt', 'https://a.test/privacy'],
      en: ['https://a.test/use', 'https://a.test/privacy'],
      xx: ['https://a.test/use', 'https://a.test/privacy'],
    }
    for (const [language, links] of Object.entries(expected)) {
      const found = termsLinksIn({ terms }, language)
      assert.deepEqual([found?.terms, found?.privacy], links, language)
    }
  })

  it('are left out while one of the two documents, or a link for the language, is missing', () => {
    assert.equal(termsLinksIn({ terms: new Map([['terms-of-use', use]]) }, 'de'), undefined)
    const onlyFrench = { 'cognito:french': 'https://a.test/fr' }
    const terms = new Map<'terms-of-use' | 'privacy-policy', Record<string, string>>([
      ['terms-of-use', use],
      ['privacy-policy', onlyFrench],
    ])
    assert.equal(termsLinksIn({ terms }, 'de'), undefined)
    assert.notEqual(termsLinksIn({ terms }, 'fr'), undefined)
  })
})
