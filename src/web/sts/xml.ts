/** A part of an XML document: a text, or the elements inside an element. Elements that are undefined are left out. */
export type XmlContent = string | number | { readonly [element: string]: XmlContent | undefined }

/** Writes elements without attributes. Texts are escaped. The names of elements are from our own source. */
export function writeXml(content: XmlContent): string {
  if (typeof content !== 'object') return escapeXml(String(content))
  return Object.entries(content)
    .map(([name, inner]) => (inner === undefined ? '' : `<${name}>${writeXml(inner)}</${name}>`))
    .join('')
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** Control characters and others that XML 1.0 cannot hold (§2.2) become the replacement character. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
