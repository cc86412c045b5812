import type { Policy } from '../policy.ts'
import { readPolicy } from '../read-policy.ts'

/** The services of which a guest may use every operation that the role allows. */
const services = (
  'cloudwatch logs dynamodb kinesis mobileanalytics s3 ses sns sqs lambda machinelearning execute-api iot gamelift cognito-identity ' +
  'cognito-idp lex polly comprehend translate transcribe rekognition mobiletargeting firehose appsync personalize cognito-sync codewhisperer sdb'
).split(' ')

const operations = [
  'sagemaker:InvokeEndpoint',
  'textract:DetectDocumentText',
  'textract:AnalyzeDocument',
  'rum:PutRumEvents',
  ...'GetMap* SearchPlaceIndex* GetPlace CalculateRoute* *Geofence *Geofences *DevicePosition*'.split(' ').map((name) => `geo:${name}`),
  ...'Encrypt Decrypt ReEncryptTo ReEncryptFrom GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext'
    .split(' ')
    .map((name) => `kms:${name}`),
  'kms:GenerateDataKeyWithoutPlaintext',
]

/**
 * The session policy of guests in the enhanced flow: the union of the two that Amazon Cognito attaches (Developer Guide, "IAM roles",
 * "Services that unauthenticated identities can access").
 */
export const guestPolicyDocument = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: [...services.map((service) => `${service}:*`), ...operations], Resource: '*' }],
})

export const guestPolicy: Policy = readPolicy(guestPolicyDocument, 'role')
