import { PolicyError } from './policy-error.ts'
import type { CheckKey } from './policy-text.ts'

/** The condition keys that requests to signed operations have, in lower case. `requestKeys` supplies them. */
const requestKeyNames = new Set([
  'aws:currenttime',
  'aws:epochtime',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:requestedregion',
  'aws:securetransport',
  'aws:sourceip',
  'aws:tagkeys',
  'aws:useragent',
  'aws:userid',
])

/** Name before the colon, and after it. A tag's name may have spaces. */
const keyForm = /^[A-Za-z0-9][\w.:/-]*:[^*?${}'",]{1,256}$/

function checkForm(key: string, where: string): string {
  if (!keyForm.test(key)) throw new PolicyError(`${where}: ${JSON.stringify(key)} is not the name of a condition key.`)
  return key.toLowerCase()
}

function isRequestKey(name: string): boolean {
  return requestKeyNames.has(name) || /^aws:requesttag\/./.test(name)
}

/**
 * A key of another service, such as `s3:prefix`: the name of the service, and the name of the key. `keycloak:sub` does not count as such a
 * key: the host of an issuer may be one word, as in `https://keycloak`, and then this key says who the user is.
 */
const serviceKeyForm = /^(?!(?:aws|sts|lifeguard|cognito-idp|cognito-identity):)[a-z][a-z0-9-]*:(?!(?:aud|sub|amr)$)[a-z][\w-]*(?:\/.+)?$/

/** Whether a lower-case name is a key that another service may tell about its requests, and that no principal brings. */
export const isServiceKey = (name: string): boolean => serviceKeyForm.test(name)

/**
 * Refuses keys that no request of an access key has: a Deny on such a key would never apply. Other services tell keys of their own, such as
 * `s3:prefix`, when they ask about a request.
 * @throws PolicyError
 */
export const accessKeyConditionKeys: CheckKey = (key, where) => {
  const name = checkForm(key, where)
  if (!isRequestKey(name) && !isServiceKey(name))
    throw new PolicyError(`${where}: requests to this server do not have the condition key ${JSON.stringify(key)}.`)
  return name
}

/**
 * Accepts the keys of requests, of the tags of principals and of identity pools, and every key of another prefix, such as those of other
 * services.
 * @throws PolicyError
 */
export const roleConditionKeys: CheckKey = (key, where) => {
  const name = checkForm(key, where)
  if (name.startsWith('aws:') && !isRequestKey(name) && !/^aws:(?:principaltag\/.|federatedprovider$|tokenissuetime$)/.test(name)) {
    throw new PolicyError(`${where}: this server does not know the condition key ${JSON.stringify(key)}.`)
  }
  if (/^cognito-identity\.amazonaws\.com:(?!(?:aud|sub|amr)$)/.test(name)) {
    throw new PolicyError(`${where}: tokens of identity pools have the condition keys :aud, :sub and :amr, but not ${JSON.stringify(key)}.`)
  }
  return name
}
