import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readSettings, SettingsError } from '../../src/settings.ts'

const twilio = 'https://AC1:hunter2@api.twilio.test/2010-04-01/Accounts/AC1/Messages.json'
const from = ['--email-from', 'us@id.example.test']

/** Settings that contradict each other or are invalid, and the expected error. */
const contradictions: readonly (readonly [what: string, argv: readonly string[], says: RegExp])[] = [
  [
    'two ways for e-mail',
    ['--smtp-url', 'smtp://u:hunter2@mail.test', '--ses-region', 'eu-west-1', ...from],
    /^--smtp-url and --ses-region are both set/,
  ],
  [
    'two ways for text messages',
    ['--sns-region', 'eu-west-1', '--twilio-url', twilio, '--twilio-from', '+1'],
    /^--sns-region and --twilio-url are set together/,
  ],
  [
    'three ways for text messages',
    ['--sms-gateway-url', 'https://u.test/?key=hunter2', '--sns-region', 'eu-west-1', '--twilio-url', twilio, '--twilio-from', '+1'],
    /^--sms-gateway-url and --sns-region and --twilio-url/,
  ],
  ['SES without a sender', ['--ses-region', 'eu-west-1'], /^--email-from is required with --ses-region/],
  ['SMTP without a host', ['--smtp-url', 'smtp://', ...from], /^--smtp-url: the address names no host\./],
  [
    'SMTP with a password that is not encoded',
    ['--smtp-url', 'smtp://u:hunter2%@mail.test', ...from],
    /^--smtp-url: the user name or the password is not percent-encoded/,
  ],
  ['SMTP without a sender', ['--smtp-url', 'smtp://u:hunter2@mail.test'], /^--email-from is required with --smtp-url/],
  ['an address of SES without SES', ['--ses-endpoint', 'https://ses.test'], /^--ses-endpoint is of no use without --ses-region/],
  ['an address of SNS without SNS', ['--sns-endpoint', 'https://sns.test'], /^--sns-endpoint is of no use without --sns-region/],
  ['Twilio without a sender', ['--twilio-url', twilio], /^--twilio-url and --twilio-from go together/],
  ['a sender without Twilio', ['--twilio-from', '+1'], /^--twilio-url and --twilio-from go together/],
  [
    'Twilio without credentials',
    ['--twilio-url', 'https://api.twilio.test/x', '--twilio-from', '+1'],
    /^--twilio-url must hold the credentials/,
  ],
  [
    'Twilio over http:',
    ['--twilio-url', 'http://AC1:hunter2@api.twilio.test/x', '--twilio-from', '+1'],
    /^--twilio-url: only a loopback address may be http:/,
  ],
  [
    'SES over http:',
    ['--ses-region', 'eu-west-1', '--ses-endpoint', 'http://ses.test', ...from],
    /^--ses-endpoint: only a loopback address/,
  ],
  ['SNS over http:', ['--sns-region', 'eu-west-1', '--sns-endpoint', 'http://sns.test'], /^--sns-endpoint: only a loopback address/],
  [
    'an address of S3 without the delivery of logs',
    ['--s3-endpoint', 'https://s3.test'],
    /^--s3-endpoint is of no use without --aws-log-delivery/,
  ],
  [
    'CloudWatch Logs over http:',
    ['--aws-log-delivery', '--cloudwatch-logs-endpoint', 'http://logs.test'],
    /^--cloudwatch-logs-endpoint: only a loopback address/,
  ],
  [
    'Firehose over http:',
    ['--aws-log-delivery', '--firehose-endpoint', 'http://firehose.test'],
    /^--firehose-endpoint: only a loopback address/,
  ],
  [
    'a secret of the requests with events that is too short',
    ['--auth-events-secret', 'whsec_aHVudGVyMg=='],
    /^--auth-events-secret: the value is not `whsec_`/,
  ],
  [
    'an origin of events with a path',
    ['--private-events-origins', 'https://events.test/here'],
    /^--private-events-origins: "https:\/\/events.test\/here" is not one or more origins/,
  ],
  ['no days for auth events', ['--auth-event-days', '0'], /^--auth-event-days: "0" is not a whole number from 1 to 36500/],
  ['an invalid region', ['--ses-region', 'here', ...from], /^--ses-region: "here" is not a region name/],
  [
    'message records for more than a year',
    ['--message-records-hours', '100000'],
    /^--message-records-hours: "100000" is not a whole number from 0 to 8760/,
  ],
]

describe('Settings of gateways', () => {
  it('that contradict each other or are invalid are rejected with one line that contains no secret', () => {
    for (const [what, argv, says] of contradictions) {
      const read = () => readSettings({ argv, env: {}, command: 'dev' })
      assert.throws(read, (error: Error) => {
        assert.ok(error instanceof SettingsError, what)
        assert.match(error.message, says, what)
        assert.doesNotMatch(error.message, /hunter2|\n/, what)
        return true
      })
    }
  })

  it('that fit together are accepted', () => {
    const argv = [
      '--ses-region',
      'eu-west-1',
      '--ses-endpoint',
      'http://127.0.0.1:4579',
      ...from,
      '--twilio-url',
      twilio,
      '--twilio-from',
      'MG1',
    ]
    const { sesRegion, sesEndpoint, twilioUrl, twilioFrom, messageRecordsHours } = readSettings({ argv, env: {}, command: 'dev' })
    assert.deepEqual(
      [sesRegion, sesEndpoint, twilioUrl, twilioFrom, messageRecordsHours],
      ['eu-west-1', 'http://127.0.0.1:4579', twilio, 'MG1', 24],
    )
  })
})
