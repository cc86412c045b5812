import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import model from '../../src/contract/generated/model.json' with { type: 'json' }
import { javaScriptPattern, type Shape } from '../../src/contract/model.ts'
import { matcherFor } from '../../src/contract/patterns.ts'

const uuid = '01234567-89ab-4def-89ab-0123456789ab'

/** Values that each pattern of the contract accepts and rejects. */
const samples: Readonly<Record<string, readonly [accepted: readonly string[], rejected: readonly string[]]>> = {
  '[A-Za-z0-9-]+:[A-Za-z0-9]+': [
    ['s3:GetObject', 'cognito-idp:ListUsers'],
    ['s3', 's3:*', 's3:Get:Object', 's3:GetObject\n'],
  ],
  '[A-Za-z-]+': [
    ['GET', 'M-SEARCH'],
    ['', 'GET ', 'GET\n', 'G1'],
  ],
  '\\/[^\\x00-\\x20\\x7f#]*': [
    ['/', '/a%20b?c=d&e', '//ä'],
    ['', 'a', '/a b', '/a\n', '/a#b', '/\u007f'],
  ],
  '[0-9a-f]+': [['0123456789abcdef'], ['', 'AB', '0g', '0\n']],
  '[A-Za-z0-9-]+': [
    ['s3', 'eu-west-1', 'execute-api'],
    ['', 'a/b', 'a\n', 'a_b'],
  ],
  '(?s).*': [['', 'a\nb', '{username} {####}'], []],
  '(arn:[\\w+=/,.@-]+:[\\w+=/,.@-]+:([\\w+=/,.@-]*)?:[0-9]+:[\\w+=/,.@-]+(:[\\w+=/,.@-]+)?(:[\\w+=/,.@-]+)?)?': [
    ['', 'arn:aws:iam::123456789012:role/sms'],
    ['arn', ' '],
  ],
  '(tkn|sso)[0-9a-z]{25}': [[`tkn${'a'.repeat(25)}`], [`tkn${'a'.repeat(26)}`, `TKN${'a'.repeat(25)}`]],
  '(un)?authenticated': [
    ['authenticated', 'unauthenticated'],
    ['authenticate', 'ununauthenticated'],
  ],
  '.*\\{####\\}.*': [
    ['Your code is {####}.', '{####}'],
    ['{###}', 'a\n{####}', '{####}\u0085'],
  ],
  '[0-9]+': [
    ['0', '123456'],
    ['', '12a', '１'],
  ],
  '[A-Za-z0-9-_=.]+': [['eyJ.a-b_c=.d'], ['', 'a b', 'a+b']],
  '[A-Za-z0-9]+': [['GEZDGNBVGY3TQOJQ'], ['', 'a-b']],
  '[\\S]+': [
    ['123456', '\u00a0', '\u3000x'],
    ['', '1 2', '12\n', '\t'],
  ],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*': [
    ['', 'Hi {username},\n*{####}*'],
    ['\u0001', '\u00a0'],
  ],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*\\{####\\}[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*': [
    ['Your code is {####}\n'],
    ['code', '{####}\u0001'],
  ],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*\\{##[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*##\\}[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*': [
    ['Click {##Verify##}!', '{####}', '##}{####}'],
    ['{##}', '{#####', '##}{##', '{##a##}\u0001'],
  ],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]+': [['Hi *{username}*'], ['', '\u0001']],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s]+': [
    ['Your code', 'Código ✓'],
    ['', 'a\u0001', 'a\u00a0b'],
  ],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\t\\n\\r ]+': [
    ['custom:tenant', 'a b'],
    ['', 'a\vb'],
  ],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\p{Zs}]+': [
    ['My phone', 'a\u00a0b', '📱'],
    ['', 'a\tb', 'a\u2028b', 'a\u202eb', 'a\u200bb'],
  ],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\p{Z}]+': [
    ['My IdP', 'a\u00a0b'],
    ['', 'a\tb'],
  ],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+': [
    ['ana', 'ana@example.test', 'josé', '用户', '😀', 'e\u0301'],
    ['', 'a b', 'a\u0000', '{LMS} '],
  ],
  '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+@[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+': [
    ['a@b', '😀@😀', '@@@'],
    ['@', '@a', 'a@', 'a @b', '😀@'],
  ],
  '[\\w+=,.@-]+': [
    ['read', 'a+b=c,d.e@f-g_1', '__proto__'],
    ['', 'two words', 'a/b', 'é', 'a\n'],
  ],
  '[\\w+-]+': [['a-b+c_1'], ['', 'a b']],
  '[\\w+=/]+': [['q83vEjRWeJA+/='], ['', 'a-b']],
  '[\\w+]+': [['1234567890abcdefghijklmnop'], ['', 'a-b', 'é']],
  '[\\w-]+:[0-9a-f-]+': [[`eu-west-1:${uuid}`], ['eu-west-1', ':0', 'eu:XYZ']],
  '[\\w-]+_[0-9a-f-]+': [[`eu-west-1_${uuid}`], ['eu-west-1', 'eu_XYZ']],
  '[\\w-]+_[0-9a-zA-Z]+': [
    ['eu-west-1_aB3dE5gH9', '_a_b'],
    [' eu-west-1_a', 'eu-west-1', 'eu-west-1_a!', '_'],
  ],
  '[\\w.;_/-]+': [['a.b;c/d-e'], ['', 'two ']],
  '[\\w._-]+': [['login.example.test'], ['', 'a/b']],
  '[\\w._:/-]+': [['cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a:x'], ['', 'a b']],
  '[\\w\\s+=,.@-]+': [
    ['My pool, v1.0', 'a\tb'],
    ['', 'a/b', 'a\u00a0b'],
  ],
  '[\\w\\s+=.@-]+': [['my idp.example@test'], ['', 'a,b']],
  '[\\w]+': [
    ['true', 'a_1'],
    ['', 'a-b'],
  ],
  '[\\w_]+': [['abc_1'], ['', 'a-b']],
  '[\\x21\\x23-\\x2E\\x30-\\x5B\\x5D-\\x7E]+': [['read:all'], ['', 'a/b', 'a"b', 'a\\b']],
  '[\\x21\\x23-\\x5B\\x5D-\\x7E]+': [['https://api.test/read'], ['', 'a b', 'é']],
  '[^_\\p{Z}][\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}][^_\\p{Z}]+': [
    ['Okta', 'a_idp', '😀😀😀'],
    ['ab', '_abc', 'abc_', 'my_idp', 'ab c'],
  ],
  '\\d+': [['123456789012'], ['', '1a']],
  '^(terms-of-use|privacy-policy)$': [['terms-of-use'], ['terms']],
  '^[0-9A-Za-z\\.\\-_]*(?<!\\.)$': [
    ['', 'my-bucket.v1'],
    ['bucket.', 'a/b'],
  ],
  '^[0-9a-fA-F]+$': [['00ffAA'], ['', '0x0', '00\n']],
  '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[4][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$': [[uuid], [uuid.replace('-4', '-5')]],
  '^[\\S]+.*[\\S]+$': [
    ['ab', 'a b', '😀😀', 'a\u2028b', '\u00a0\u00a0'],
    ['', 'a', '😀', ' ab', 'ab\n', 'a\nb', 'a \u0085 b'],
  ],
  '^[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+$': [['https://example.test/terms'], ['', 'a b']],
  '^[\\w\\- ]+$': [['cognito-asset 1'], ['', 'a.b']],
  '^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?)*$': [
    ['my-app', 'a', 'auth.example.test'],
    ['', '-a', 'a-', 'a..b', '.a', 'a.', 'A', `${'a'.repeat(64)}`],
  ],
  '^[a-zA-Z0-9_-]+$': [['my_set-1'], ['', 'a.b']],
  '^cognito:(default|dutch|english|french|spanish|german|bahasa-indonesia|italian|japanese|korean|portuguese-brazil|chinese-(simplified|traditional))$':
    [
      ['cognito:default', 'cognito:chinese-simplified'],
      ['cognito:klingon', 'cognito:chinese'],
    ],
  'arn:[\\w+=/,.@-]+:[\\w+=/,.@-]+:([\\w+=/,.@-]*)?:[0-9]+:[\\w+=/,.@-]+(:[\\w+=/,.@-]+)?(:[\\w+=/,.@-]+)?': [
    ['arn:aws:lambda:eu-west-1:123456789012:function:pre-sign-up'],
    ['', 'arn:aws:lambda', 'arn:aws:lambda:eu-west-1:x:function'],
  ],
  'arn:[\\w+=/,.@-]+:[\\w+=/,.@-]+:::[\\w+=/,.@-]+(:[\\w+=/,.@-]+)?(:[\\w+=/,.@-]+)?': [['arn:aws:s3:::bucket'], ['arn:aws:s3:a::bucket']],
  'import-[0-9a-zA-Z-]+': [['import-aB3dE5'], ['import-', 'export-a']],
  'sso[0-9a-z]{25}': [[`sso${'0'.repeat(25)}`], [`tkn${'0'.repeat(25)}`]],
}

const shapes: readonly Shape[] = Object.values(model.shapes) as unknown as Shape[]
const patterns = [...new Set(shapes.flatMap(({ pattern }) => pattern ?? []))]

describe('The patterns of the contract', () => {
  it('accept and reject the same values as Cognito', () => {
    for (const pattern of patterns) {
      const [accepted, rejected] = samples[pattern] ?? assert.fail(`no samples of ${pattern}`)
      const matches = matcherFor(pattern)
      for (const value of accepted) assert.ok(matches(value), `${pattern} should accept ${JSON.stringify(value)}`)
      for (const value of rejected) assert.ok(!matches(value), `${pattern} should reject ${JSON.stringify(value)}`)
    }
  })

  it('are matched in linear time', () => {
    const parts = ['{####}', '{##', '##}', '{##a##}', '@', 'a', ' ', 'a ', '.', '_', '-', ':', 'arn:a:a:', '0', '#', '{', '\u0085', '😀']
    const before = process.cpuUsage()
    for (const pattern of patterns) {
      const matches = matcherFor(pattern)
      for (const part of parts) {
        const text = part.repeat(20_000 / part.length)
        for (const end of ['', '\u0001', ' ', '.', '!', 'a']) matches(text + end)
      }
    }
    // Typically half a second for all. One of the patterns, matched by backtracking in cubic time, would take half a minute for one value.
    assert.ok(process.cpuUsage(before).user < 20_000_000)
  })

  const exact: Readonly<Record<string, RegExp>> = Object.fromEntries(
    patterns
      .filter((pattern) => /\\\{##|@\[|\\S\]\+\.\*/.test(pattern))
      .map((pattern) => {
        const { source, flags } = javaScriptPattern(
          pattern === '^[\\S]+.*[\\S]+$' ? '[^ \\t\\n\\v\\f\\r]+[^\\n\\r\\u0085\\u2028\\u2029]*[^ \\t\\n\\v\\f\\r]+' : pattern,
        )
        return [pattern, new RegExp(`^(?:${source})$`, flags)]
      }),
  )

  for (const [pattern, regExp] of Object.entries(exact)) {
    it(`include a linear matcher that agrees with ${pattern}`, () => {
      const matches = matcherFor(pattern)
      const piece = fc.constantFrom(
        '{',
        '{##',
        '{####}',
        '##}',
        '#',
        '}',
        '@',
        'a',
        ' ',
        '\n',
        '\t',
        '*',
        '\u0085',
        '\u2028',
        '😀',
        '\u0001',
      )
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => matches(pieces.join('')) === regExp.test(pieces.join(''))),
        {
          numRuns: 2000,
        },
      )
    })
  }

  it('include five linear matchers for patterns that backtrack', () => {
    assert.equal(Object.keys(exact).length, 5)
  })
})
