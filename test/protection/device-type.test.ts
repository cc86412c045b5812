import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deviceTypeOf } from '../../src/protection/device-type.ts'

const webKit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const blink = 'AppleWebKit/537.36 (KHTML, like Gecko)'

/** Real User-Agents, with the device type of each. */
const agents: Readonly<Record<string, string>> = {
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${blink} Chrome/125.0.0.0 Safari/537.36`]: 'Chrome 125 / macOS 10.15',
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51`]: 'Edge 124 / Windows',
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/122.0.0.0 Safari/537.36 OPR/108.0.0.0`]: 'Opera 108 / Windows',
  'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0': 'Firefox 126 / Linux',
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webKit} Version/17.4.1 Safari/605.1.15`]: 'Safari 17 / macOS 10.15',
  [`Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${webKit} Version/17.5 Mobile/15E148 Safari/604.1`]: 'Safari 17 / iOS 17.5',
  [`Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) ${webKit} CriOS/125.0.6422.80 Mobile/15E148 Safari/604.1`]: 'Chrome 125 / iOS 16.6',
  [`Mozilla/5.0 (Linux; Android 14; SM-S918B) ${blink} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`]:
    'Samsung Internet 25 / Android 14',
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${blink} Chrome/125.0.0.0 Safari/537.36`]: 'Chrome 125 / ChromeOS',
  'aws-sdk-js/3.1169.0 ua/2.1 os/linux#6.1.0 lang/js md/nodejs#26.10.0 api/cognito-identity-provider#3.1169.0': 'AWS SDK 3 / Linux',
  'Boto3/1.43.67 md/Botocore#1.43.67 ua/2.0 os/macos#23.5.0 md/arch#arm64 lang/python#3.12.3': 'Boto3 1 / macOS',
  'okhttp/4.12.0': 'OkHttp 4',
  'curl/8.7.1': 'curl 8',
}

describe('The device type of a session', () => {
  for (const [agent, name] of Object.entries(agents)) {
    it(`is ${name}`, () => assert.equal(deviceTypeOf(agent), name))
  }

  it('is unknown for a missing or unfamiliar User-Agent', () => {
    for (const agent of [undefined, '', '-', 'node', '<script>alert(1)</script>', '\u0000']) assert.equal(deviceTypeOf(agent), 'unknown')
  })

  it('is short and found quickly for an extremely long User-Agent', () => {
    const longAgent = `Mozilla/5.0 (iPhone${' OS'.repeat(100_000)} Version/${'1.'.repeat(100_000)}`
    const started = performance.now()
    for (let round = 0; round < 1000; round++) assert.equal(deviceTypeOf(longAgent), 'unknown')
    assert.ok(performance.now() - started < 1000)
    assert.ok(deviceTypeOf(`Chrome/${'9'.repeat(100_000)}`).length < 600)
  })
})
