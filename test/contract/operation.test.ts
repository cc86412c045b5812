import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SignUpRequest } from '../../src/contract/generated/types.ts'
import { operation } from '../../src/contract/operation.ts'

type Deps = { readonly answer: string }
type Caller = { readonly clientId: string }

const nowhere = { ip: undefined, userAgent: undefined }

const withNothing = operation('AdminDeleteUser', { auth: 'iam', async handle() {} })

const withRequest = operation('AdminDisableUser', {
  auth: 'iam',
  async handle(request) {
    assert.equal(request.Username, 'ana')
    return {}
  },
})

const withDeps = operation('SignUp', {
  auth: 'app-client',
  async handle(request, { answer }: Deps) {
    const typed: SignUpRequest = request
    return { UserConfirmed: false, UserSub: `${answer} ${typed.Username}` }
  },
})

const withCaller = operation('ForgotPassword', {
  auth: 'app-client',
  async handle(_request, { answer }: Deps, caller: Caller) {
    return { CodeDeliveryDetails: { Destination: `${answer} ${caller.clientId}` } }
  },
})

operation('AdminGetUser', {
  auth: 'iam',
  // @ts-expect-error a response must have its required members
  async handle() {
    return {}
  },
})

// @ts-expect-error the contract has no such operation
operation('SingUp', { auth: 'public', async handle() {} })

describe('operation', () => {
  it('has the name and the kind of authentication', () => {
    assert.equal(withNothing.name, 'AdminDeleteUser')
    assert.equal(withNothing.auth, 'iam')
  })

  it('passes request, services and caller to the handler', async () => {
    const deps: Deps = { answer: 'hello' }
    assert.equal(await withNothing.handle({ UserPoolId: 'p', Username: 'u' }, undefined, undefined, nowhere), undefined)
    assert.deepEqual(await withRequest.handle({ UserPoolId: 'p', Username: 'ana' }, undefined, undefined, nowhere), {})
    assert.deepEqual(await withDeps.handle({ ClientId: 'c', Username: 'ana' }, deps, undefined, nowhere), {
      UserConfirmed: false,
      UserSub: 'hello ana',
    })
    const reply = await withCaller.handle({ ClientId: 'c', Username: 'ana' }, deps, { clientId: 'c' }, nowhere)
    assert.deepEqual(reply, { CodeDeliveryDetails: { Destination: 'hello c' } })
  })
})
