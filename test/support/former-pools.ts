import { after } from 'node:test'

/** The error of a sign-in when the former pool does not answer. */
export const noAnswer = { name: 'UnexpectedLambdaException', message: 'The former user pool gave no answer. Try again later.' }

/** The servers of this process sign their calls of the former pool with these credentials. */
export function useAwsCredentials(): void {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIAANYCREDENTIALS00'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'any'
  after(() => {
    delete process.env['AWS_ACCESS_KEY_ID']
    delete process.env['AWS_SECRET_ACCESS_KEY']
  })
}
