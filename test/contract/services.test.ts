import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError, httpStatusOf } from '../../src/contract/api-error.ts'
import { getOperationByTarget, serviceOperations } from '../../src/contract/services.ts'

describe('The operations of the contract', () => {
  it('are found by the text of X-Amz-Target, in three services', () => {
    assert.equal(getOperationByTarget('AWSCognitoIdentityProviderService.SignUp').name, 'SignUp')
    assert.equal(getOperationByTarget('AWSCognitoIdentityService.GetId').name, 'GetId')
    assert.equal(getOperationByTarget('LifeguardService.RotateSigningKeys').service, 'lifeguard')
  })

  it('are distinguished when two services have an operation of the same name', () => {
    const [pools, identities] = ['AWSCognitoIdentityProviderService', 'AWSCognitoIdentityService'].map((prefix) =>
      getOperationByTarget(`${prefix}.TagResource`),
    )
    assert.deepEqual([pools?.name, pools?.service], ['TagResource', 'user-pools'])
    assert.deepEqual([identities?.name, identities?.service], ['identity:TagResource', 'identity-pools'])
  })

  it('are not found by an unknown or missing target', () => {
    const targets = [
      undefined,
      '',
      'SignUp',
      'AWSCognitoIdentityService.SignUp',
      'LifeguardService.',
      'AWSCognitoIdentityService.__proto__',
    ]
    targets.push('AWSCognitoIdentityService.identity:TagResource', 'awscognitoidentityproviderservice.SignUp', 'constructor')
    for (const target of targets) assert.throws(() => getOperationByTarget(target), { code: 'UnknownOperationException' }, target)
  })

  it('include every operation, and say which ones need no signature', () => {
    const count = (service: string) => serviceOperations.filter((operation) => operation.service === service)
    assert.equal(count('user-pools').length, 140)
    assert.equal(count('identity-pools').length, 23)
    const unsigned = serviceOperations.filter(({ signed }) => !signed).map(({ name }) => name)
    // No signature needed: 34 operations by the model, GetClientToken by its documentation, 4 of identity pools, and 6 of Lifeguard's own.
    assert.equal(unsigned.length, 45)
    for (const name of ['SignUp', 'InitiateAuth', 'GetUser', 'GetClientToken', 'GetId'] as const) assert.ok(unsigned.includes(name), name)
  })
})

describe('ApiError', () => {
  it('has a code and a message for the caller, and a separate cause', () => {
    const cause = new Error('connection refused by 10.0.0.7')
    const error = new ApiError('InvalidParameterException', 'No.', { cause, reasonCode: 'why' })
    assert.deepEqual([error.code, error.message, error.reasonCode, error.cause], ['InvalidParameterException', 'No.', 'why', cause])
    assert.equal('cause' in new ApiError('CodeMismatchException', 'No.'), false)
  })

  it('has an HTTP status for each code', () => {
    const statuses = (
      ['NotAuthorizedException', 'TooManyRequestsException', 'ResourceNotFoundException', 'UnknownOperationException'] as const
    ).map(httpStatusOf)
    assert.deepEqual(statuses, [400, 400, 400, 400])
    assert.equal(httpStatusOf('UnrecognizedClientException'), 400)
    assert.equal(httpStatusOf('RequestEntityTooLargeException'), 413)
    assert.equal(httpStatusOf('InternalErrorException'), 500)
  })
})
