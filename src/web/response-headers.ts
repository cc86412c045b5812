/** The headers of every answer, in addition to the request id. */
export function commonHeaders({ strictTransport }: { readonly strictTransport: boolean }): Readonly<Record<string, string>> {
  return {
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    ...(strictTransport ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}
