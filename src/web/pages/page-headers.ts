type Needs = {
  /** The sources to which the page's forms may lead, redirects included (Content Security Policy 3). */
  readonly formTargets?: readonly string[]
  /** Whether the page has a script of ours. */
  readonly hasScript?: boolean
  /** The sites that the page loads in frames, and no others: their origins. */
  readonly frameOrigins?: readonly string[]
}

/** The headers of a page. Everything that it loads comes from this host, and nothing stands inline. */
export function pageHeaders({ formTargets = [], hasScript = false, frameOrigins = [] }: Needs = {}): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    ...(hasScript ? ["script-src 'self'"] : []),
    ...(frameOrigins.length === 0 ? [] : [`frame-src ${frameOrigins.join(' ')}`]),
    "base-uri 'none'",
    `form-action ${formTargets.length === 0 ? "'none'" : formTargets.join(' ')}`,
    "frame-ancestors 'none'",
  ]
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'x-frame-options': 'DENY',
  }
}
