import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import type { SmsMessage } from '../message.ts'
import { awsDeliveryError } from './aws-failure.ts'
import type { Gateway } from './gateway.ts'

type Options = {
  readonly region: string
  /** Undefined for AWS's own endpoint of the region. */
  readonly endpoint?: string | undefined
  readonly timeoutMs?: number
}

/** Errors by which SNS refuses this message in particular: the number is invalid or has opted out. */
const refusals = new Set([
  'InvalidParameter',
  'InvalidParameterException',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'OptedOutException',
  'ValidationException',
])

/** Sends text messages through Amazon SNS, with the credentials of the AWS SDK's standard chain. */
export function createSnsGateway({ region, endpoint, timeoutMs = 10_000 }: Options): Gateway<SmsMessage> {
  const client = new SNSClient({
    region,
    ...(endpoint !== undefined && { endpoint }),
    // The SDK must not retry, because the outbox retries what fails.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  })
  return {
    kind: 'sns',
    async deliver({ message }, signal) {
      const command = new PublishCommand({
        PhoneNumber: message.recipient,
        Message: message.text,
        // Cognito sends transactional messages, too. They have priority, and reach users who opted out of advertising.
        MessageAttributes: { 'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' } },
      })
      try {
        await client.send(command, { abortSignal: signal })
      } catch (error) {
        throw awsDeliveryError('SNS', error, refusals)
      }
    },
    async close() {
      client.destroy()
    },
  }
}
