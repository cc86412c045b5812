type Pattern = readonly [name: string, pattern: RegExp]

/**
 * The programs, each with the text by which its User-Agent is recognized. The User-Agent of many browsers also contains the mark of another
 * browser. So Edge stands before Chrome, and Chrome before Safari: the first match counts.
 */
const programs: readonly Pattern[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /\bOPR\/(\d+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+)[.\d]* (?:Mobile\/\w+ )?Safari\//],
  ['AWS CLI', /\baws-cli\/(\d+)/],
  ['Boto3', /\bBoto3\/(\d+)/i],
  ['Amplify', /\b(?:aws-amplify|amplify-[a-z]+)\/(\d+)/],
  ['AWS SDK', /\b(?:aws-sdk-[a-z]+(?:-v?\d)?|Botocore)\/(\d+)/i],
  ['OkHttp', /\bokhttp\/(\d+)/],
  ['curl', /\bcurl\/(\d+)/],
]

/** Windows has no number, because current browsers do not distinguish Windows 11 from 10. */
const systems: readonly Pattern[] = [
  ['Windows', /\bWindows NT\b|\bos\/windows\b/i],
  ['Android', /\bAndroid (\d+(?:\.\d+)?)/],
  ['iOS', /\b(?:iPhone|iPad|iPod)\b[^)]{0,60} OS (\d+(?:_\d+)?)/],
  ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMac OS X (\d+(?:[._]\d+)?)|\bos\/macos\b/i],
  ['Linux', /\bLinux\b/i],
]

/** The most characters of a User-Agent that are read. Real User-Agents are shorter. The limit keeps the stored device types short. */
const longestUserAgent = 512

/** The name of a client in the user's list of sessions, such as `Chrome 125 / macOS 15.0`; `unknown` when its User-Agent does not say. */
export function deviceTypeOf(userAgent: string | undefined): string {
  const text = (userAgent ?? '').slice(0, longestUserAgent)
  const known = [programOf(text), systemOf(text)].filter((name) => name !== undefined)
  return known.length === 0 ? 'unknown' : known.join(' / ')
}

/** The program that a User-Agent names, with its major version, such as `AWS SDK 3`. */
export const programOf = (userAgent: string): string | undefined => find(programs, userAgent)

/** The system that a User-Agent names, such as `Linux`. */
export const systemOf = (userAgent: string): string | undefined => find(systems, userAgent)

function find(patterns: readonly Pattern[], text: string): string | undefined {
  for (const [name, pattern] of patterns) {
    const match = pattern.exec(text)
    if (match !== null) return match[1] === undefined ? name : `${name} ${match[1].replace('_', '.')}`
  }
  return undefined
}
