import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { storeUpload, type UploadDeps, type UploadRefusal } from '../users/import/store-upload.ts'
import { isUploadAllowed, uploadPath } from '../users/import/upload-url.ts'

type UploadRequest = { Params: { userPoolId: string; jobId: string }; Querystring: { Expires?: unknown; Signature?: unknown } }

const statusOf: Readonly<Record<UploadRefusal['reason'] | 'broken', number>> = {
  'too-large': 413,
  'too-late': 409,
  empty: 400,
  unreadable: 400,
  broken: 400,
}

/** Whether a request may be the upload of a file, which may take long. */
export function isUpload({ method, url }: IncomingMessage): boolean {
  return method === 'PUT' && url !== undefined && url.startsWith(uploadPath('', '').slice(0, -1))
}

/**
 * Accepts the files of import jobs at the URL that CreateUserImportJob returned, in the place of S3. Headers such as
 * x-amz-server-side-encryption, which clients of Cognito send, change nothing: the file is always stored sealed.
 */
export function importRoutes(app: FastifyInstance, deps: UploadDeps): void {
  app.register(async (scope) => {
    // The body stays a stream, whatever its type: the server must never hold a whole file in memory.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))

    scope.put<UploadRequest>(uploadPath(':userPoolId', ':jobId'), async (request, reply) => {
      const { userPoolId: poolId, jobId } = request.params
      const { Expires: expires, Signature: signature } = request.query
      const isSignedUrl = typeof expires === 'string' && typeof signature === 'string'
      if (!isSignedUrl || !isUploadAllowed(deps.secrets, { poolId, jobId }, { expires, signature }, deps.clock.now())) {
        return reply.code(403).header('connection', 'close').send({ message: 'The upload URL is not valid or has expired.' })
      }
      const refusal = await storeUpload(deps, { poolId, jobId }, request.raw).catch((error: unknown) => {
        // The client closed the connection before the end, which is not an error of the server.
        if (request.raw.readableAborted) return { reason: 'broken', message: 'The file ended early.' } as const
        throw error
      })
      if (refusal === undefined) return reply.code(200).send()
      return reply.code(statusOf[refusal.reason]).header('connection', 'close').send({ message: refusal.message })
    })
  })
}
