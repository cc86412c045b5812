import type { LambdaClient } from '@aws-sdk/client-lambda'
import { FunctionError, InvocationError, timedOut } from '../trigger-errors.ts'
import { type Invocation, parseAnswer, type TriggerFunction } from './function.ts'

type Options = {
  /** Undefined goes by the function's ARN. */
  readonly region: string | undefined
  /** Undefined is AWS's own. */
  readonly endpoint: string | undefined
}

type Sdk = typeof import('@aws-sdk/client-lambda')

/** A function at AWS Lambda, or at what speaks its API, with the credentials that the AWS SDK finds by itself. */
export function createLambdaFunction({ region, endpoint }: Options): TriggerFunction {
  const clients = new Map<string, LambdaClient>()

  function clientFor({ LambdaClient }: Sdk, functionArn: string): LambdaClient {
    const at = region ?? regionIn(functionArn)
    // How often a function is asked is the pool's own policy.
    const client = clients.get(at) ?? new LambdaClient({ region: at, maxAttempts: 1, ...(endpoint !== undefined && { endpoint }) })
    clients.set(at, client)
    return client
  }

  return {
    async invoke(invocation, signal) {
      // Slow to load, and few servers have functions there.
      const sdk = await import('@aws-sdk/client-lambda')
      const command = new sdk.InvokeCommand({
        FunctionName: invocation.functionArn,
        InvocationType: 'RequestResponse',
        Payload: Buffer.from(invocation.event),
        ClientContext: clientContextOf(invocation),
      })
      try {
        const { FunctionError: failed, Payload } = await clientFor(sdk, invocation.functionArn).send(command, { abortSignal: signal })
        const answer = parseAnswer(Buffer.from(Payload ?? []).toString())
        if (failed === undefined) return answer
        throw functionErrorOf(answer)
      } catch (error) {
        if (error instanceof FunctionError || error instanceof InvocationError) throw error
        if (signal.aborted) throw signal.reason ?? timedOut()
        throw invocationErrorOf(error)
      }
    },

    async close() {
      for (const client of clients.values()) client.destroy()
    },
  }
}

/** The region becomes a part of a host name to which our credentials go, and the API lets an ARN say almost anything. */
function regionIn(functionArn: string): string {
  const region = functionArn.split(':')[3] ?? ''
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return region
  throw new InvocationError('ResourceNotFoundException', {
    retryable: false,
    detail: `The ARN of the function has no AWS region: ${functionArn}`,
  })
}

/** Lambda gives each attempt an id of its own; the one that stays the same is in the function's `context.clientContext`. */
function clientContextOf({ id }: Invocation): string {
  return Buffer.from(JSON.stringify({ custom: { invocationId: id } })).toString('base64')
}

/** Lambda's runtimes name their own errors, such as that the function ran out of its time; what a function throws has another name. */
function functionErrorOf(answer: unknown): FunctionError {
  const { errorMessage, errorType } = (answer ?? {}) as { errorMessage?: unknown; errorType?: unknown }
  const text = typeof errorMessage === 'string' ? errorMessage : ''
  return new FunctionError(text, { refuses: !/^(Runtime|Sandbox|Function|Extension)\./.test(String(errorType)) })
}

function invocationErrorOf(error: unknown): InvocationError {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode
  // Without a status nobody answered.
  if (status === undefined && name !== 'CredentialsProviderError') return new InvocationError('ServiceException', { cause: error })
  const retryable = status === 429 || (status ?? 0) >= 500
  return new InvocationError(name ?? 'ServiceException', { retryable, cause: error })
}
