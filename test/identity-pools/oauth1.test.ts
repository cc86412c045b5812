import assert from 'node:assert/strict'
import { it } from 'node:test'
import { signOAuth1 } from '../../src/identity-pools/logins/oauth1.ts'

const signatureOf = (header: string) => decodeURIComponent(/oauth_signature="([^"]*)"/.exec(header)?.[1] ?? '')

it('An OAuth 1.0a signature is the one of the example in RFC 5849 §1.2', () => {
  const parameters = {
    oauth_consumer_key: 'dpf43f3p2l4k3l03',
    oauth_token: 'nnch734d00sl2jdk',
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: '137131202',
    oauth_nonce: 'chapoH',
  }
  const secrets = { consumerSecret: 'kd94hf93k423kf44', tokenSecret: 'pfkkdhi9sl3r4s00' }
  const header = signOAuth1('http://photos.example.net/photos?file=vacation.jpg&size=original', parameters, secrets)
  assert.equal(
    header,
    'OAuth oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"',
  )
})

it('An OAuth 1.0a signature covers each character of the parameters and secrets', () => {
  const sign = (token: string, tokenSecret = 'b', query = '?c=1&a=2') =>
    signatureOf(signOAuth1(`https://api.example.com/x${query}`, { oauth_token: token }, { consumerSecret: 'a', tokenSecret }))
  const signatures = [sign("a!'()*"), sign('a%21'), sign('a!'), sign('a!', 'b&'), sign('a!', 'b', '?c=1&a=3'), sign('a!', 'b', '?c=1')]
  assert.equal(new Set(signatures).size, signatures.length)
  assert.equal(sign('t', 'b', '?a=2&c=1'), sign('t', 'b', '?c=1&a=2'))
  const header = signOAuth1('https://api.example.com/', { oauth_token: 'a!\'()*",' }, { consumerSecret: 'a', tokenSecret: 'b' })
  assert.match(header, /oauth_token="a%21%27%28%29%2A%22%2C"/)
})
