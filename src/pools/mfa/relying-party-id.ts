const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Whether browsers could accept the text as the id of a relying party (Web Authentication §5.1.3): a domain name in lower case that is
 * neither an IP address nor a top-level domain. `localhost` is for development. Browsers check longer public suffixes, such as `co.uk`.
 */
export function isRelyingPartyId(text: string): boolean {
  if (text === 'localhost') return true
  const labels = text.split('.')
  return labels.length > 1 && labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? '')
}
