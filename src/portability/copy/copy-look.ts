import {
  DescribeManagedLoginBrandingByClientCommand,
  DescribeTermsCommand,
  GetUICustomizationCommand,
  ListTermsCommand,
  type UICustomizationType,
  type UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider'
import { requestOutbound } from '../../base/outbound-http.ts'
import { allClients } from '../../pools/app-client.ts'
import { brandingByClient } from '../../pools/managed-login-branding/branding.ts'
import { createManagedLoginBranding } from '../../pools/managed-login-branding/create-managed-login-branding.operation.ts'
import { updateManagedLoginBranding } from '../../pools/managed-login-branding/update-managed-login-branding.operation.ts'
import { findResource } from '../../pools/pool-resource-repository.ts'
import { createTerms } from '../../pools/terms/create-terms.operation.ts'
import { termsByName, termsKey } from '../../pools/terms/terms.ts'
import { updateTerms } from '../../pools/terms/update-terms.operation.ts'
import { setUICustomization } from '../../pools/ui-customization/set-ui-customization.operation.ts'
import { type Copy, copyThing, requestOf, runOperation } from './copy-context.ts'
import { pagesOf } from './source.ts'

/** Copies how the hosted pages of the pool and of the clients look, and their terms. */
export async function copyLook(copy: Copy, shown: UserPoolType, clientIds: readonly string[]): Promise<void> {
  // Cognito refuses to show the customizations of a pool without a domain.
  const hasPages = shown.Domain !== undefined || shown.CustomDomain !== undefined
  for (const id of hasPages ? [undefined, ...clientIds] : []) await copyCustomization(copy, id)
  for (const clientId of clientIds) await copyBranding(copy, clientId)
  await copyTerms(copy)
}

async function copyCustomization(copy: Copy, clientId: string | undefined): Promise<void> {
  const { source, poolId } = copy
  const id = clientId ?? allClients
  const answer = await source.readIfAny(`UI customization of ${id}`, (client) =>
    client.send(new GetUICustomizationCommand({ UserPoolId: poolId, ...(clientId !== undefined && { ClientId: clientId }) })),
  )
  const shown = answer?.UICustomization
  // A client without a customization of its own is shown with that of the pool.
  if (shown === undefined || (shown.ClientId ?? allClients) !== id) return
  if (!shown.CSS && !shown.ImageUrl) return
  const request = { ClientId: id, CSS: shown.CSS, ImageUrl: shown.ImageUrl }
  await copyThing(copy, { kind: 'UI customizations', id, shown: request }, async () => {
    const image = await fetchLogo(copy, shown)
    await runOperation(copy, setUICustomization, { ClientId: clientId, CSS: shown.CSS, ...(image && { ImageFile: image }) })
  })
}

const largestLogo = 131_072

/** The logo is shown only by its public address. */
async function fetchLogo({ report, source }: Copy, { ImageUrl: url }: UICustomizationType): Promise<Uint8Array | undefined> {
  if (url === undefined) return undefined
  try {
    const allowPrivate = source.endpoint !== undefined && new URL(url).origin === new URL(source.endpoint).origin
    const answer = await requestOutbound({ url, method: 'GET', timeoutMs: 10_000, maxResponseBytes: largestLogo, allowPrivate })
    if (answer.status === 200) return answer.body
    report.fail('logo of the hosted pages', `its address answered ${answer.status}`)
  } catch (error) {
    report.fail('logo of the hosted pages', (error as Error).message)
  }
  return undefined
}

async function copyBranding(copy: Copy, clientId: string): Promise<void> {
  const { source, poolId, deps } = copy
  const answer = await source.readIfAny(`managed login branding of ${clientId}`, (client) =>
    client.send(new DescribeManagedLoginBrandingByClientCommand({ UserPoolId: poolId, ClientId: clientId })),
  )
  const shown = answer?.ManagedLoginBranding
  if (shown === undefined) return
  const request = requestOf('CreateManagedLoginBranding', { ...shown, UserPoolId: poolId, ClientId: clientId })
  await copyThing(copy, { kind: 'managed login brandings', id: clientId, shown: request }, async () => {
    const here = await findResource(deps.db, poolId, brandingByClient, clientId)
    if (here === undefined) return runOperation(copy, createManagedLoginBranding, request)
    await runOperation(copy, updateManagedLoginBranding, { ...request, ManagedLoginBrandingId: here.config.brandingId })
  })
}

async function copyTerms(copy: Copy): Promise<void> {
  const { source, poolId, deps } = copy
  const pages = pagesOf(async (token) => {
    const answer = await source.readIfAny('terms', (client) =>
      client.send(new ListTermsCommand({ UserPoolId: poolId, MaxResults: 60, NextToken: token })),
    )
    return { items: answer?.Terms, next: answer?.NextToken }
  })
  for await (const page of pages) {
    for (const { TermsId: termsId, TermsName: name } of page) {
      const answer = await source.readIfAny(`terms ${name}`, (client) =>
        client.send(new DescribeTermsCommand({ UserPoolId: poolId, TermsId: termsId })),
      )
      const shown = answer?.Terms
      if (shown === undefined) continue
      const request = requestOf('CreateTerms', shown)
      const id = termsKey(request.ClientId, request.TermsName)
      await copyThing(copy, { kind: 'terms', id, shown: request }, async () => {
        const here = await findResource(deps.db, poolId, termsByName, id)
        if (here === undefined) return runOperation(copy, createTerms, request)
        await runOperation(copy, updateTerms, { ...request, TermsId: here.config.termsId })
      })
    }
  }
}
