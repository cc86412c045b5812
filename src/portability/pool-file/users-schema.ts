/** The JSON Schema of the users of a pool file. They are for tests: real users come by `import users`. */
export const usersSchema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      Username: { type: 'string', minLength: 1, maxLength: 128 },
      Sub: {
        type: 'string',
        pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
        description: 'The sub of a new user. Without it the server chooses one.',
      },
      UserAttributes: {
        type: 'array',
        items: {
          type: 'object',
          properties: { Name: { type: 'string' }, Value: { type: 'string' } },
          required: ['Name', 'Value'],
          additionalProperties: false,
        },
      },
      Password: { type: 'string', minLength: 1, maxLength: 256, description: 'A permanent password.' },
      Groups: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    },
    required: ['Username'],
    additionalProperties: false,
  },
}
