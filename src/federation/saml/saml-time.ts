/**
 * An `xs:dateTime` in epoch milliseconds. A time without a zone is in UTC (SAML 2.0 Core §1.3.3). NaN for any other text, so comparisons
 * with it are false.
 */
export function timeOf(text: string): number {
  const [, time, zone = 'Z'] = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+-]\d{2}:\d{2})?$/.exec(text.trim()) ?? []
  return time === undefined ? Number.NaN : Date.parse(time + zone)
}
