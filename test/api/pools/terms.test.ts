import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateTermsCommand,
  type CreateTermsCommandInput,
  DeleteTermsCommand,
  DeleteUserPoolClientCommand,
  DescribeTermsByClientCommand,
  DescribeTermsCommand,
  ListTermsCommand,
  UpdateTermsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const use = 'terms-of-use'
const privacy = 'privacy-policy'
const links = { 'cognito:default': 'https://terms.example.test', 'cognito:german': 'https://terms.example.test/de' }
const nowhere = '11111111-2222-4333-8444-555555555555'
const notFound = { name: 'ResourceNotFoundException' }

type Ids = { readonly poolId: string; readonly clientId: string }
type TermsInput = Partial<Pick<CreateTermsCommandInput, 'TermsName' | 'Links'>>

async function create(server: TestServer, { poolId, clientId }: Ids, input: TermsInput = {}) {
  const fixed = { UserPoolId: poolId, ClientId: clientId, TermsSource: 'LINK', Enforcement: 'NONE' } as const
  const { Terms } = await server.send(new CreateTermsCommand({ ...fixed, TermsName: use, Links: links, ...input }))
  if (Terms?.TermsId === undefined) throw new Error('CreateTerms answered without an id')
  return { ...Terms, TermsId: Terms.TermsId }
}

for (const engine of engines) {
  describe(`Terms on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are shown as they were created, both by id, and by client and name', async () => {
      const ids = await server().givenPool()
      const made = await create(server(), ids)
      const { TermsId, CreationDate, LastModifiedDate, ...rest } = made
      const sent = {
        UserPoolId: ids.poolId,
        ClientId: ids.clientId,
        TermsName: use,
        TermsSource: 'LINK',
        Enforcement: 'NONE',
        Links: links,
      }
      assert.deepEqual(rest, sent)
      assert.match(TermsId, /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
      assert.deepEqual(CreationDate, LastModifiedDate)
      const described = await server().send(new DescribeTermsCommand({ UserPoolId: ids.poolId, TermsId }))
      assert.deepEqual(described.Terms, made)
      const byClient = { UserPoolId: ids.poolId, ClientId: ids.clientId, TermsName: use }
      assert.deepEqual((await server().send(new DescribeTermsByClientCommand(byClient))).Terms, made)
    })

    it('keep the members that an update does not name', async () => {
      const ids = await server().givenPool()
      const made = await create(server(), ids)
      server().clock.advance(5000)
      const place = { UserPoolId: ids.poolId, TermsId: made.TermsId }
      const { Terms: updated } = await server().send(
        new UpdateTermsCommand({ ...place, Links: { 'cognito:french': 'https://fr.example' } }),
      )
      assert.deepEqual(updated?.Links, { 'cognito:french': 'https://fr.example' })
      assert.equal(updated?.TermsName, use)
      assert.ok((updated?.LastModifiedDate?.getTime() ?? 0) > (updated?.CreationDate?.getTime() ?? 0))
      assert.deepEqual((await server().send(new DescribeTermsCommand(place))).Terms, updated)
    })

    it('are found by their new name after an update, which frees the old name', async () => {
      const ids = await server().givenPool()
      const made = await create(server(), ids)
      const place = { UserPoolId: ids.poolId, ClientId: ids.clientId }
      await server().send(new UpdateTermsCommand({ UserPoolId: ids.poolId, TermsId: made.TermsId, TermsName: privacy }))
      const found = await server().send(new DescribeTermsByClientCommand({ ...place, TermsName: privacy }))
      assert.equal(found.Terms?.TermsId, made.TermsId)
      await assert.rejects(server().send(new DescribeTermsByClientCommand({ ...place, TermsName: use })), notFound)
      await create(server(), ids)
      const back = new UpdateTermsCommand({ UserPoolId: ids.poolId, TermsId: made.TermsId, TermsName: use })
      await assert.rejects(server().send(back), { name: 'TermsExistsException' })
    })

    it('exist at most once with each name for a client', async () => {
      const ids = await server().givenPool()
      await create(server(), ids)
      await assert.rejects(create(server(), ids), { name: 'TermsExistsException' })
      await create(server(), ids, { TermsName: privacy })
      const race = await Promise.allSettled(Array.from({ length: 4 }, () => create(server(), ids, { TermsName: privacy })))
      assert.ok(race.every((one) => one.status === 'rejected'))
    })

    it('are deleted alone or with their client', async () => {
      const ids = await server().givenPool()
      const first = await create(server(), ids)
      const second = await create(server(), ids, { TermsName: privacy })
      await server().send(new DeleteTermsCommand({ UserPoolId: ids.poolId, TermsId: first.TermsId }))
      await assert.rejects(server().send(new DescribeTermsCommand({ UserPoolId: ids.poolId, TermsId: first.TermsId })), notFound)
      await assert.rejects(server().send(new DeleteTermsCommand({ UserPoolId: ids.poolId, TermsId: first.TermsId })), notFound)
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: ids.poolId, ClientId: ids.clientId }))
      await assert.rejects(server().send(new DescribeTermsCommand({ UserPoolId: ids.poolId, TermsId: second.TermsId })), notFound)
      assert.deepEqual((await server().send(new ListTermsCommand({ UserPoolId: ids.poolId }))).Terms, [])
    })

    it('are listed page by page, without their links', async () => {
      const ids = await server().givenPool()
      const made = [await create(server(), ids), await create(server(), ids, { TermsName: privacy })]
      const first = await server().send(new ListTermsCommand({ UserPoolId: ids.poolId, MaxResults: 1 }))
      const second = await server().send(new ListTermsCommand({ UserPoolId: ids.poolId, MaxResults: 1, NextToken: first.NextToken }))
      const pages = [first.Terms, second.Terms]
      assert.equal(second.NextToken, undefined)
      assert.deepEqual(
        pages.flat(),
        made
          .toSorted((a, b) => (a.TermsId < b.TermsId ? -1 : 1))
          .map(({ TermsId, TermsName, Enforcement, CreationDate, LastModifiedDate }) => ({
            TermsId,
            TermsName,
            Enforcement,
            CreationDate,
            LastModifiedDate,
          })),
      )
      assert.deepEqual(
        pages.map((page) => page?.length),
        [1, 1],
      )
    })

    it('cannot be described, changed or deleted through another pool', async () => {
      const ids = await server().givenPool()
      const { TermsId, UserPoolId } = await create(server(), ids)
      await create(server(), ids, { TermsName: privacy })
      const other = await server().givenPool()
      const foreign = { UserPoolId: other.poolId, TermsId }
      for (const command of [new DescribeTermsCommand(foreign), new UpdateTermsCommand(foreign), new DeleteTermsCommand(foreign)]) {
        await assert.rejects(server().send(command as DescribeTermsCommand), notFound)
      }
      const byClient = new DescribeTermsByClientCommand({ UserPoolId: other.poolId, ClientId: ids.clientId, TermsName: use })
      await assert.rejects(server().send(byClient), notFound)
      await assert.rejects(create(server(), { poolId: other.poolId, clientId: ids.clientId }), notFound)
      const { NextToken } = await server().send(new ListTermsCommand({ UserPoolId, MaxResults: 1 }))
      assert.ok(NextToken)
      const list = new ListTermsCommand({ UserPoolId: other.poolId, NextToken })
      await assert.rejects(server().send(list), { name: 'InvalidParameterException' })
    })

    it('are not found for an unknown pool, client or document', async () => {
      const { poolId, clientId } = await server().givenPool()
      await assert.rejects(create(server(), { poolId: 'us-east-1_nowhere', clientId }), notFound)
      await assert.rejects(create(server(), { poolId, clientId: 'nobody' }), notFound)
      await assert.rejects(server().send(new DescribeTermsCommand({ UserPoolId: poolId, TermsId: nowhere })), notFound)
      await assert.rejects(server().send(new ListTermsCommand({ UserPoolId: 'us-east-1_nowhere' })), notFound)
    })

    for (const [what, bad] of Object.entries<Record<string, string> | undefined>({
      'a link with the scheme javascript': { 'cognito:default': 'javascript:alert(document.domain)' },
      'a link that is not a URL': { 'cognito:default': 'terms' },
      'an unknown language': { 'cognito:klingon': 'https://terms.example.test' },
      'no link at all': undefined,
    })) {
      it(`reject ${what}`, async () => {
        const ids = await server().givenPool()
        const attempt = create(server(), ids, { Links: bad })
        await assert.rejects(attempt, { name: 'InvalidParameterException' })
      })
    }
  })

  describe(`The quota of terms on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--quotas', '{"termsPerPool": 1}'] })

    it('rejects a document that would exceed it', async () => {
      const ids = await server().givenPool()
      await create(server(), ids)
      await assert.rejects(create(server(), ids, { TermsName: privacy }), { name: 'LimitExceededException' })
      assert.equal((await server().send(new ListTermsCommand({ UserPoolId: ids.poolId }))).Terms?.length, 1)
    })
  })
}
