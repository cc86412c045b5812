type Pattern = readonly [name: string, pattern: RegExp]

/** By what a user agent calls itself. Browsers pose as others, so those that others pose as come last. */
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

/** Current browsers no longer tell Windows 11 from 10, so the number is left out. */
const systems: readonly Pattern[] = [
  ['Windows', /\bWindows NT\b|\bos\/windows\b/i],
  ['Android', /\bAndroid (\d+(?:\.\d+)?)/],
  ['iOS', /\b(?:iPhone|iPad|iPod)\b[^)]{0,60} OS (\d+(?:_\d+)?)/],
  ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMac OS X (\d+(?:[._]\d+)?)|\bos\/macos\b/i],
  ['Linux', /\bLinux\b/i],
]

/** Real ones are shorter; what follows cannot make a session's row long. */
const longestUserAgent = 512

/** What the user sees of a client among their sessions, such as `Chrome 125 / macOS 15.0`; `unknown` when it does not tell. */
export function deviceTypeOf(userAgent: string | undefined): string {
  const text = (userAgent ?? '').slice(0, longestUserAgent)
  const known = [find(programs, text), find(systems, text)].filter((name) => name !== undefined)
  return known.length === 0 ? 'unknown' : known.join(' / ')
}

function find(patterns: readonly Pattern[], text: string): string | undefined {
  for (const [name, pattern] of patterns) {
    const match = pattern.exec(text)
    if (match !== null) return match[1] === undefined ? name : `${name} ${match[1].replace('_', '.')}`
  }
  return undefined
}
