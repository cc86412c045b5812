// The types of these libraries bring the types of browsers into all of our source. So this file has the few that are used. The libraries are
// loaded on demand, because most servers have no SAML provider.

/** The little of the DOM that this module uses. */
export type XmlElement = {
  readonly localName: string
  readonly namespaceURI: string | null
  readonly textContent: string | null
  /** 1 for an element, 3 for text, 4 for CDATA. */
  readonly nodeType: number
  /** Elements, texts and others. Only elements have all members of this type. */
  readonly childNodes: ArrayLike<XmlElement>
  /** The element around this one. The root has the document around it, which is no element. */
  readonly parentNode: XmlElement | null
  readonly attributes: ArrayLike<{ readonly name: string; readonly value: string }>
  getAttribute(name: string): string | null
  getElementsByTagNameNS(namespace: string, name: string): ArrayLike<XmlElement>
}

type CacheProvider = {
  saveAsync(key: string, value: string): Promise<{ readonly value: string; readonly createdAt: number } | null>
  getAsync(key: string): Promise<string | null>
  removeAsync(key: string | null): Promise<string | null>
}

export type SamlOptions = {
  readonly idpCert: string[]
  readonly entryPoint: string
  readonly logoutUrl?: string
  readonly idpIssuer: string
  readonly issuer: string
  readonly audience: string
  readonly callbackUrl: string
  readonly identifierFormat: null
  readonly disableRequestedAuthnContext: boolean
  readonly forceAuthn: boolean
  readonly wantAssertionsSigned: boolean
  readonly wantAuthnResponseSigned: boolean
  readonly acceptedClockSkewMs: number
  readonly signatureAlgorithm: 'sha256'
  readonly digestAlgorithm: 'sha256'
  readonly privateKey?: string
  readonly decryptionPvk?: string
  readonly generateUniqueId?: () => string
  readonly validateInResponseTo: 'never' | 'always'
  readonly cacheProvider: CacheProvider
}

export type SamlProfile = { readonly nameID: string; getAssertionXml?(): string; readonly [name: string]: unknown }

type SamlLogoutUser = {
  readonly nameID: string
  readonly nameIDFormat?: string | undefined
  readonly nameQualifier?: string | undefined
  readonly spNameQualifier?: string | undefined
  readonly sessionIndex?: string | undefined
}

type AnsweredRequest = { readonly ID: string }

export type Saml = {
  getAuthorizeUrlAsync(relayState: string, host: string | undefined, options: object): Promise<string>
  getLogoutUrlAsync(user: SamlLogoutUser, relayState: string, options: object): Promise<string>
  validatePostResponseAsync(container: { readonly SAMLResponse: string }): Promise<{ readonly profile: SamlProfile | null }>
  getLogoutResponseUrlAsync(request: AnsweredRequest, relayState: string, options: object, isSuccess: boolean): Promise<string>
  _generateLogoutResponse(request: AnsweredRequest, isSuccess: boolean): string
  checkTimestampsValidityError(now: number, notBefore: string, notOnOrAfter: string, maxTimeLimitMs?: number): Error | null
}

type NodeSaml = {
  readonly SAML: new (options: SamlOptions) => Saml
  generateServiceProviderMetadata(params: {
    readonly issuer: string
    readonly callbackUrl: string
    readonly logoutCallbackUrl: string
    readonly identifierFormat: null
    readonly wantAssertionsSigned: boolean
    readonly privateKey: string
    readonly publicCerts: readonly string[]
    readonly decryptionPvk: string
    readonly decryptionCert: string
    readonly generateUniqueId: () => string
  }): string
}
type NodeSamlXml = {
  decryptXml(xml: string, key: string): Promise<string>
  parseDomFromString(xml: string): Promise<{ readonly documentElement: XmlElement }>
  /** The signed part of the XML. Null when none of the certificates (PEM) has signed the element. */
  getVerifiedXml(xml: string, element: XmlElement, certificates: readonly string[]): string | null
  /** Signs the element at the XPath expression. The signature comes before or after the element at `location.reference`. */
  signXml(
    xml: string,
    xpath: string,
    location: { readonly reference: string; readonly action: 'before' | 'after' },
    options: { readonly privateKey: string } & Record<'signatureAlgorithm' | 'digestAlgorithm', 'sha256'>,
  ): string
}
type XmlDom = {
  readonly DOMParser: new (options: {
    errorHandler: Readonly<Record<'warning' | 'error' | 'fatalError', (message: string) => void>>
  }) => {
    parseFromString(text: string, type: string): { readonly documentElement: XmlElement | null } | undefined
  }
}

export const loadNodeSaml = async (): Promise<NodeSaml> => (await import(import.meta.resolve('@node-saml/node-saml'))) as NodeSaml

export const loadNodeSamlXml = async (): Promise<NodeSamlXml> =>
  (await import(import.meta.resolve('@node-saml/node-saml/lib/xml.js'))) as NodeSamlXml

export const loadXmlDom = async (): Promise<XmlDom> => (await import(import.meta.resolve('@xmldom/xmldom'))) as XmlDom
