import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { FirehoseClient } from '@aws-sdk/client-firehose'
import type { S3Client } from '@aws-sdk/client-s3'
import { awsClientOptions } from './destination.ts'

/** Where the services are, if not at AWS. */
export type AwsEndpoints = {
  readonly cloudWatchLogsEndpoint: string | undefined
  readonly s3Endpoint: string | undefined
  readonly firehoseEndpoint: string | undefined
}

/** The clients of this process, one for each service and region. The AWS SDK finds the credentials by its standard chain. */
export type AwsClients = {
  cloudWatchLogs(region: string): Promise<CloudWatchLogsClient>
  s3(region: string): Promise<S3Client>
  firehose(region: string): Promise<FirehoseClient>
  close(): void
}

export function createAwsClients({ cloudWatchLogsEndpoint, s3Endpoint, firehoseEndpoint }: AwsEndpoints): AwsClients {
  const opened: { destroy(): void }[] = []
  /** The libraries are loaded at the first delivery, because they load slowly. */
  function openOnce<Client extends { destroy(): void }>(open: (region: string) => Promise<Client>): (region: string) => Promise<Client> {
    const clients = new Map<string, Promise<Client>>()
    return (region) => {
      const known = clients.get(region)
      if (known !== undefined) return known
      const opening = open(region).then((client) => {
        opened.push(client)
        return client
      })
      clients.set(region, opening)
      return opening
    }
  }
  const at = (endpoint: string | undefined) => (endpoint === undefined ? {} : { endpoint })
  return {
    cloudWatchLogs: openOnce(async (region) => {
      const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs')
      return new CloudWatchLogsClient({ ...awsClientOptions, region, ...at(cloudWatchLogsEndpoint) })
    }),
    s3: openOnce(async (region) => {
      const { S3Client } = await import('@aws-sdk/client-s3')
      // The ARN of a bucket names no region. Servers with the same API rarely have a host name for each bucket.
      const options = { followRegionRedirects: true, forcePathStyle: s3Endpoint !== undefined }
      return new S3Client({ ...awsClientOptions, region, ...options, ...at(s3Endpoint) })
    }),
    firehose: openOnce(async (region) => {
      const { FirehoseClient } = await import('@aws-sdk/client-firehose')
      return new FirehoseClient({ ...awsClientOptions, region, ...at(firehoseEndpoint) })
    }),
    close() {
      for (const client of opened) client.destroy()
    },
  }
}
