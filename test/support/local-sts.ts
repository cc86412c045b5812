import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose'

/** A role of the STS: whom it trusts. */
type TrustedBy = { readonly audience: string; readonly amr: string }

type Call = { readonly parameters: URLSearchParams; readonly claims: JWTPayload }

export type LocalSts = Awaited<ReturnType<typeof openLocalSts>>

/**
 * A small STS with AWS's protocol. It verifies web identity tokens by the discovery document and the keys of their issuer, as AWS does, and
 * shares no code with the server.
 */
export async function openLocalSts() {
  const state = {
    roles: new Map<string, TrustedBy>(),
    calls: [] as Call[],
    /** Replaces the answer to each request. */
    answer: undefined as ((response: ServerResponse) => void) | undefined,
  }
  const server = createServer(async (request, response) => {
    const parameters = new URLSearchParams(await text(request))
    if (state.answer !== undefined) return state.answer(response)
    try {
      const claims = await verify(parameters.get('WebIdentityToken') ?? '')
      state.calls.push({ parameters, claims })
      const role = state.roles.get(parameters.get('RoleArn') ?? '')
      const isTrusted = role?.audience === claims.aud && (claims['amr'] as string[]).includes(role?.amr ?? '')
      if (parameters.get('Action') !== 'AssumeRoleWithWebIdentity' || !isTrusted) {
        return refuse(response, 403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
      }
      response.writeHead(200, { 'content-type': 'text/xml' }).end(credentialsXml(Number(parameters.get('DurationSeconds'))))
    } catch (error) {
      refuse(response, 400, 'InvalidIdentityToken', (error as Error).message)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function verify(token: string): Promise<JWTPayload> {
  const issuer = decodeJwt(token).iss ?? ''
  const discovery = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as { issuer: string; jwks_uri: string }
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(discovery.jwks_uri)), { issuer: discovery.issuer })
  return payload
}

export const stsCredentials = { AccessKeyId: 'ASIALOCALSTS00000000', SecretKey: 'local-secret', SessionToken: 'local-token' }

function credentialsXml(seconds: number): string {
  const { AccessKeyId, SecretKey, SessionToken } = stsCredentials
  const expiration = new Date(Date.now() + seconds * 1000).toISOString()
  const members = `<AccessKeyId>${AccessKeyId}</AccessKeyId><SecretAccessKey>${SecretKey}</SecretAccessKey><SessionToken>${SessionToken}</SessionToken>`
  return resultXml(`<Credentials>${members}<Expiration>${expiration}</Expiration></Credentials>`)
}

/** The answer of AssumeRoleWithWebIdentity with this content. */
export function resultXml(content: string): string {
  const result = `<AssumeRoleWithWebIdentityResult>${content}</AssumeRoleWithWebIdentityResult>`
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</AssumeRoleWithWebIdentityResponse>`
}

/** An error in the form of AWS's Query protocol. */
export function refuse(response: ServerResponse, status: number, code: string, message = code): void {
  const error = `<Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code><Message>${message}</Message></Error>`
  response.writeHead(status, { 'content-type': 'text/xml' }).end(`<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>`)
}
