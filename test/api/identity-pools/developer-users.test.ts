import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import {
  forbidden,
  getId,
  getToken,
  givenPools,
  invalidLogin,
  loginsDoNotMatch,
  unknownId,
  unsupportedProvider,
  wrongIssuer,
} from '../../support/identity-logins.ts'
import { callJson, givenIdentityPool } from '../../support/identity-pools.ts'
import { rawCall } from '../../support/raw-call.ts'
import { claimsOf } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const DeveloperProviderName = 'login.shop.test'
const own = 'cognito-identity.amazonaws.com'

for (const engine of engines) {
  describe(`Developer users on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const givenPool = () => givenPools(server(), { DeveloperProviderName })
    const call = async (IdentityPoolId: string, user: string, more: object = {}) => {
      const { Logins = {}, ...others } = more as { Logins?: object }
      const request = { IdentityPoolId, Logins: { [DeveloperProviderName]: user, ...Logins }, ...others }
      const { IdentityId: id = '', Token = '' } = await callJson(server(), 'GetOpenIdTokenForDeveloperIdentity', request)
      return { id, token: Token, claims: claimsOf(Token) }
    }
    const lookUp = (IdentityPoolId: string, request: object) =>
      callJson(server(), 'LookupDeveloperIdentity', { IdentityPoolId, ...request })
    const merge = (IdentityPoolId: string, SourceUserIdentifier: string, DestinationUserIdentifier: string, more: object = {}) =>
      callJson(server(), 'MergeDeveloperIdentities', {
        IdentityPoolId,
        SourceUserIdentifier,
        DestinationUserIdentifier,
        DeveloperProviderName,
        ...more,
      })
    const unlink = (IdentityPoolId: string, IdentityId: string, DeveloperUserIdentifier: string) =>
      callJson(server(), 'UnlinkDeveloperIdentity', { IdentityPoolId, IdentityId, DeveloperProviderName, DeveloperUserIdentifier })
    const auditOf = async (Subject: string) => {
      const { body } = await rawCall(server(), 'LifeguardService.ListAuditRecords', { Subject })
      return (body['Records'] as { Operation: string; Outcome: string; IdentityPoolId: string }[]).map(
        ({ Operation, Outcome, IdentityPoolId }) => [Operation, Outcome, IdentityPoolId],
      )
    }

    it('get one identity each, and a token that names them', async () => {
      const { IdentityPoolId } = await givenPool()
      const { id, claims } = await call(IdentityPoolId, 'ana')
      const iat = Math.floor(server().clock.now() / 1000)
      assert.deepEqual(claims, {
        sub: id,
        aud: IdentityPoolId,
        amr: ['authenticated', DeveloperProviderName, `${DeveloperProviderName}:${IdentityPoolId}:ana`],
        iss: `${server().url}/identity`,
        exp: iat + 900,
        iat,
      })
      assert.equal((await call(IdentityPoolId, 'ana')).id, id)
      assert.notEqual((await call(IdentityPoolId, 'ben')).id, id)
      const longer = await call(IdentityPoolId, 'ana', { TokenDuration: 86_400, PrincipalTags: { team: 'red' } })
      assert.equal(longer.claims['exp'], iat + 86_400)
      assert.deepEqual(longer.claims['https://aws.amazon.com/tags'], { principal_tags: { team: ['red'] }, transitive_tag_keys: ['team'] })
      assert.deepEqual(await auditOf(id), Array(3).fill(['GetOpenIdTokenForDeveloperIdentity', 'ok', IdentityPoolId]))
    })

    it('cannot have two tags whose keys differ only in case', async () => {
      const { IdentityPoolId } = await givenPool()
      await assert.rejects(call(IdentityPoolId, 'ana', { PrincipalTags: { team: 'red', Team: 'blue' } }), {
        name: 'InvalidParameterException',
        message: 'PrincipalTags: the keys "team" and "Team" differ only in case.',
      })
      await assert.rejects(lookUp(IdentityPoolId, { DeveloperUserIdentifier: 'ana' }), { name: 'ResourceNotFoundException' })
    })

    it('get one identity by simultaneous requests', async () => {
      const { IdentityPoolId } = await givenPool()
      const ids = await Promise.all(Array.from({ length: 8 }, async () => (await call(IdentityPoolId, 'ana')).id))
      assert.equal(new Set(ids).size, 1)
    })

    it('are refused in a pool without their provider, and in public operations', async () => {
      const none = await givenIdentityPool(server())
      await assert.rejects(call(none.IdentityPoolId, 'ana'), { name: 'InvalidParameterException' })
      const { IdentityPoolId, login } = await givenPool()
      const { Logins } = await login('ana')
      await assert.rejects(callJson(server(), 'GetOpenIdTokenForDeveloperIdentity', { IdentityPoolId, Logins }), {
        name: 'InvalidParameterException',
      })
      await assert.rejects(call(IdentityPoolId, 'x'.repeat(1025)), { name: 'InvalidParameterException' })
      const { token, id } = await call(IdentityPoolId, 'ana')
      await assert.rejects(getId(server(), IdentityPoolId, { [DeveloperProviderName]: 'ana' }), unsupportedProvider)
      const cognito = invalidLogin("Can't pass in a Cognito token.")
      await assert.rejects(getId(server(), IdentityPoolId, { [own]: token }), cognito)
      await assert.rejects(getToken(server(), id, { [own]: token }), cognito)
      await assert.rejects(getToken(server(), id), forbidden(id))
    })

    it('are linked to a named identity, unless they have another one', async () => {
      const { IdentityPoolId, login, provider } = await givenPool()
      const guest = await getId(server(), IdentityPoolId)
      assert.equal((await call(IdentityPoolId, 'ana', { IdentityId: guest })).id, guest)
      const { Logins } = await login('ben')
      const public_ = await getId(server(), IdentityPoolId, Logins)
      assert.equal((await call(IdentityPoolId, 'ben', { IdentityId: public_ })).id, public_)
      await assert.rejects(call(IdentityPoolId, 'ana', { IdentityId: public_ }), { name: 'DeveloperUserAlreadyRegisteredException' })
      await assert.rejects(call(IdentityPoolId, 'cleo', { Logins }), { name: 'ResourceConflictException' })
      const { id, claims } = await call(IdentityPoolId, 'ben', { Logins })
      assert.equal(id, public_)
      assert.equal((claims['amr'] as string[])[3], provider)
      await assert.rejects(call(IdentityPoolId, 'dan', { IdentityId: unknownId }), { name: 'ResourceNotFoundException' })
      const other = await givenPool()
      const foreign = await getId(server(), other.IdentityPoolId)
      await assert.rejects(call(IdentityPoolId, 'dan', { IdentityId: foreign }), { name: 'ResourceNotFoundException' })
    })

    it('are looked up by user, by identity, and page by page', async () => {
      const { IdentityPoolId } = await givenPool()
      const { id } = await call(IdentityPoolId, 'ana')
      for (const user of ['ana2', 'ana3']) await call(IdentityPoolId, user, { IdentityId: id })
      const other = await call(IdentityPoolId, 'ben')
      const found = await lookUp(IdentityPoolId, { DeveloperUserIdentifier: 'ana2' })
      assert.equal(found.IdentityId, id)
      assert.deepEqual([...(found.DeveloperUserIdentifierList ?? [])].sort(), ['ana', 'ana2', 'ana3'])
      const first = await lookUp(IdentityPoolId, { IdentityId: id, MaxResults: 2 })
      const second = await lookUp(IdentityPoolId, { IdentityId: id, MaxResults: 2, NextToken: first.NextToken })
      const both = [...(first.DeveloperUserIdentifierList ?? []), ...(second.DeveloperUserIdentifierList ?? [])]
      assert.deepEqual([both.sort(), second.NextToken], [['ana', 'ana2', 'ana3'], undefined])
      await assert.rejects(lookUp(IdentityPoolId, { IdentityId: other.id, NextToken: first.NextToken }), {
        name: 'InvalidParameterException',
      })
      await assert.rejects(lookUp(IdentityPoolId, { IdentityId: id, DeveloperUserIdentifier: 'ben' }), {
        name: 'ResourceConflictException',
      })
      await assert.rejects(lookUp(IdentityPoolId, { DeveloperUserIdentifier: 'nobody' }), { name: 'ResourceNotFoundException' })
      await assert.rejects(lookUp(IdentityPoolId, { IdentityId: unknownId }), { name: 'ResourceNotFoundException' })
      await assert.rejects(lookUp(IdentityPoolId, {}), { name: 'InvalidParameterException' })
    })

    it('are merged with all their logins, within 20 logins', async () => {
      const { IdentityPoolId, login } = await givenPool()
      const { Logins } = await login('ana')
      const [source, target] = [await call(IdentityPoolId, 'old', { Logins }), await call(IdentityPoolId, 'new')]
      await assert.rejects(merge(IdentityPoolId, 'old', 'nobody'), { name: 'ResourceNotFoundException' })
      await assert.rejects(merge(IdentityPoolId, 'old', 'new', { DeveloperProviderName: 'else' }), { name: 'InvalidParameterException' })
      assert.equal((await merge(IdentityPoolId, 'old', 'new')).IdentityId, target.id)
      assert.equal((await merge(IdentityPoolId, 'old', 'new')).IdentityId, target.id)
      assert.equal((await call(IdentityPoolId, 'old')).id, target.id)
      assert.equal(await getId(server(), IdentityPoolId, Logins), target.id)
      await assert.rejects(call(IdentityPoolId, 'third', { IdentityId: source.id }), forbidden(source.id))
      const merges = (await auditOf(target.id)).filter(([operation]) => operation === 'MergeDeveloperIdentities')
      assert.deepEqual(merges, Array(2).fill(['MergeDeveloperIdentities', 'ok', IdentityPoolId]))

      const { Logins: bens } = await login('ben')
      await call(IdentityPoolId, 'ben', { Logins: bens })
      await assert.rejects(merge(IdentityPoolId, 'ben', 'new'), { name: 'ResourceConflictException' })
      const { id: full } = await call(IdentityPoolId, 'user-0')
      for (let at = 1; at < 20; at++) await call(IdentityPoolId, `user-${at}`, { IdentityId: full })
      await assert.rejects(call(IdentityPoolId, 'user-20', { IdentityId: full }), { name: 'ResourceConflictException' })
      await call(IdentityPoolId, 'user-20')
      await assert.rejects(merge(IdentityPoolId, 'user-20', 'user-1'), { name: 'ResourceConflictException' })
    })

    it('are unlinked, after which the identity cannot be used and the user begins anew', async () => {
      const { IdentityPoolId } = await givenPool()
      const [{ id, token }, other] = [await call(IdentityPoolId, 'ana'), await call(IdentityPoolId, 'ben')]
      await assert.rejects(unlink(IdentityPoolId, other.id, 'ana'), { name: 'ResourceConflictException' })
      await assert.rejects(unlink(IdentityPoolId, id, 'nobody'), { name: 'ResourceNotFoundException' })
      await assert.rejects(unlink(IdentityPoolId, unknownId, 'ana'), { name: 'ResourceNotFoundException' })
      await unlink(IdentityPoolId, id, 'ana')
      await assert.rejects(getToken(server(), id), forbidden(id))
      const withToken = callJson(server(), 'GetCredentialsForIdentity', { IdentityId: id, Logins: { [own]: token } })
      await assert.rejects(withToken, invalidLogin("Can't pass in a Cognito token."))
      assert.notEqual((await call(IdentityPoolId, 'ana')).id, id)
      const unlinked = (await auditOf(id)).filter(([operation]) => operation === 'UnlinkDeveloperIdentity')
      assert.deepEqual(
        unlinked.filter(([, outcome]) => outcome === 'ok'),
        [['UnlinkDeveloperIdentity', 'ok', IdentityPoolId]],
      )
    })

    it('prove with their token that a public login may be unlinked', async () => {
      const { IdentityPoolId, login, provider } = await givenPool()
      const { Logins } = await login('ana')
      const { id, token } = await call(IdentityPoolId, 'ana', { Logins })
      const other = await call(IdentityPoolId, 'eve')
      const remove = (proof: object, LoginsToRemove = [provider]) =>
        callJson(server(), 'UnlinkIdentity', { IdentityId: id, Logins: proof, LoginsToRemove })
      await assert.rejects(remove({ [own]: other.token }), loginsDoNotMatch)
      await assert.rejects(remove({ [own]: (await getToken(server(), id, Logins)).token }), loginsDoNotMatch)
      await assert.rejects(remove({ [own]: Object.values(Logins)[0] }), wrongIssuer)
      await assert.rejects(remove({ [own]: token }, [DeveloperProviderName]), { name: 'ResourceNotFoundException' })
      await remove({ [own]: token })
      assert.deepEqual((await callJson(server(), 'DescribeIdentity', { IdentityId: id })).Logins, [DeveloperProviderName])
    })
  })
}
