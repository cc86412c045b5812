import { ApiError } from '../../contract/api-error.ts'
import { type SearchableName, searchableAttributes, searchKey } from '../search-index.ts'

type Match = 'equal' | 'prefix'

/** One term of ListUsers' Filter: `name = "value"` or `name ^= "prefix"`. */
export type Filter =
  | { readonly by: 'attribute'; readonly name: SearchableName; readonly match: Match; readonly key: string }
  | { readonly by: 'sub'; readonly match: Match; readonly key: string }

/** In the value, a backslash escapes the next character. */
const term = /^\s*"?([^\s"=^]+)"?\s*(=|\^=)\s*"((?:[^"\\]|\\.)*)"\s*$/su

/**
 * Undefined for an empty filter, which matches every user.
 * @throws ApiError InvalidParameterException when the filter cannot be parsed, or its attribute cannot be searched.
 */
export function readFilter(text: string | undefined): Filter | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const [, name = '', operator, quoted = ''] = term.exec(text) ?? []
  if (operator === undefined) throw new ApiError('InvalidParameterException', 'Error while parsing filter')
  const value = quoted.replace(/\\(.)/gsu, '$1')
  const match = operator === '=' ? 'equal' : 'prefix'
  if (name === 'sub') return { by: 'sub', match, key: value.toLowerCase() }
  if (!isSearchable(name)) throw new ApiError('InvalidParameterException', `Invalid search attribute: ${name}`)
  return { by: 'attribute', name, match, key: searchKey(name, value) }
}

const isSearchable = (name: string): name is SearchableName => (searchableAttributes as readonly string[]).includes(name)
