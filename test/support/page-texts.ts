import type { Reply } from './oauth.ts'

export const titleIn = ({ text }: Reply): string => /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? ''
export const alertIn = ({ text }: Reply): string => /role="alert">([^<]*)</.exec(text)?.[1] ?? ''
export const noticeIn = ({ text }: Reply): string => /role="status">([^<]*)</.exec(text)?.[1] ?? ''

/** The names of the inputs that a user fills in. */
export const fieldsIn = ({ text }: Reply): string[] =>
  [...text.matchAll(/<input class="inputField-customizable"[^>]* name="([^"]+)"/g)].map(([, name = '']) => name)

/** The errors at the fields of the page, by the names of the fields. */
export const errorsIn = ({ text }: Reply): Record<string, string> =>
  Object.fromEntries(
    text.split('<div class="field">').flatMap((part) => {
      const name = /<input[^>]* name="([^"]+)"/.exec(part)?.[1]
      const error = /<p class="error"[^>]*>([^<]*)</.exec(part)?.[1]
      return name === undefined || error === undefined ? [] : [[name, error] as const]
    }),
  )
