import { createHash } from 'node:crypto'

/**
 * The style sheet of all pages. Colours and shapes are variables, so that branding only sets variables. Sizes follow one scale: the root
 * font size times 0.25.
 */
export const pageStyles = `
:root{color-scheme:light;--accent:#2f5bd7;--accent-hover:#244bb8;--on-accent:#fff;--page:#f4f5f7;--card:#fff;--card-line:#e3e6ea;--heading:#12161c;--text:#2b323b;--muted:#5b6470;--line:#8a929d;--field:#fff;--link:#2450c4;--focus:#2f5bd7;--bad:#b3261e;--bad-back:#fdf0ef;--good:#1a6b3c;--good-back:#eef7f1;--radius-card:16px;--radius-button:10px;--radius-field:10px;--second:#fff;--second-text:#1f2630;--second-line:#c3c9d1;--google:#fff;--on-google:#1f1f1f;--google-line:#747775;--apple:#000;--on-apple:#fff;--shadow:0 1px 2px rgb(16 24 40/.06),0 12px 32px rgb(16 24 40/.08)}
[data-mode=dark]{color-scheme:dark;DARK}
@media(prefers-color-scheme:dark){[data-mode=dynamic]{color-scheme:dark;DARK}}
*{box-sizing:border-box}
html{font-size:100%;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Helvetica Neue",Arial,sans-serif;-webkit-font-smoothing:antialiased;text-wrap:pretty}
.page{min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;align-items:var(--place,center);justify-content:center;gap:1.25rem;padding:2rem 1rem}
.card{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--card-line);border-radius:var(--radius-card);box-shadow:var(--shadow);padding:2.25rem 2.25rem 2rem}
.banner{margin:0 0 1.5rem}
.logo{display:block;max-width:min(100%,14rem);max-height:4rem}
h1{margin:0 0 .5rem;color:var(--heading);font-size:1.5rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;text-wrap:balance;overflow-wrap:anywhere}
p{margin:0}
.lead{color:var(--muted);margin:0 0 1.25rem;overflow-wrap:anywhere}
.account{display:flex;flex-wrap:wrap;gap:.25rem .75rem;justify-content:space-between;color:var(--muted);font-size:.9375rem;margin:0 0 1.25rem;overflow-wrap:anywhere}
form{display:flex;flex-direction:column;gap:1.125rem;margin-top:1.25rem}
.lead+form,.account+form{margin-top:0}
.field{display:flex;flex-direction:column;gap:.375rem}
label{color:var(--heading);font-weight:550;font-size:.9375rem}
.optional,.hint,.detail{color:var(--muted);font-weight:400;font-size:.875rem}
input:not([type=checkbox]),select{width:100%;min-height:2.875rem;padding:.5rem .875rem;font:inherit;color:var(--text);background:var(--field);border:1px solid var(--line);border-radius:var(--radius-field);appearance:none}
input[type=date]{min-height:2.875rem}
input[aria-invalid]{border-color:var(--bad)}
input:focus-visible,select:focus-visible,button:focus-visible,a:focus-visible,summary:focus-visible{outline:3px solid color-mix(in srgb,var(--focus) 45%,transparent);outline-offset:2px}
input:focus-visible{border-color:var(--focus);outline-offset:0}
input[aria-invalid]:focus-visible{border-color:var(--bad);outline-color:color-mix(in srgb,var(--bad) 35%,transparent)}
.error{color:var(--bad);font-size:.875rem;font-weight:550}
.alert,.notice{padding:.75rem 1rem;border-radius:var(--radius-field);font-size:.9375rem;margin:1rem 0 0;overflow-wrap:anywhere}
.alert{color:var(--bad);background:var(--bad-back);border:1px solid color-mix(in srgb,var(--bad) 30%,transparent)}
.notice{color:var(--good);background:var(--good-back);border:1px solid color-mix(in srgb,var(--good) 30%,transparent)}
button,a:where(.provider),.button-link{display:block;width:100%;min-height:2.875rem;padding:.625rem 1rem;font:inherit;font-weight:600;line-height:1.5;text-align:center;text-decoration:none;cursor:pointer;border-radius:var(--radius-button);border:1px solid transparent;transition:background-color .12s,border-color .12s}
.primary,.button-link{background:var(--accent);color:var(--on-accent)}
.primary:hover,.button-link:hover{background:var(--accent-hover)}
.secondary,.choice{background:var(--second);color:var(--second-text);border-color:var(--second-line)}
.secondary:hover,.choice:hover{border-color:var(--accent)}
button.link{background:none;color:var(--link);font-weight:550;min-height:2rem;padding:.25rem}
a{color:var(--link);text-underline-offset:.2em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
.provider,.button-link{text-decoration:none}
a:where(.provider){position:relative;padding-inline:3rem;background:var(--second);color:var(--second-text);border-color:var(--second-line)}
a:where(.provider:hover){border-color:var(--accent)}
a:where(.provider-google){background:var(--google);color:var(--on-google);border-color:var(--google-line)}
a:where(.provider-signinwithapple){background:var(--apple);color:var(--on-apple);border-color:var(--apple)}
a:where(.provider-facebook){background:#0866ff;color:#fff;border-color:#0866ff}
a:where(.provider-loginwithamazon){background:#ffd062;color:#111;border-color:#a37000}
.mark{position:absolute;inset-inline-start:1rem;inset-block-start:calc(50% - .625rem);width:1.25rem;height:1.25rem}
h2{margin:0 0 .75rem;color:var(--heading);font-size:1rem;line-height:1.5;font-weight:600}
.corporate form{margin-top:0}
.corporate+.providers{margin-top:1.5rem}
.button-link{color:var(--on-accent);margin-top:1.25rem}
.with-link{position:relative}
.with-link>a{position:absolute;inset-block-start:0;inset-inline-end:0;font-size:.875rem;line-height:1.5rem}
.check{display:flex;gap:.625rem;align-items:center;font-weight:400;color:var(--text);min-height:1.5rem;cursor:pointer}
.check input{width:1.125rem;height:1.125rem;margin:0;accent-color:var(--accent);flex:none}
.divider{display:flex;align-items:center;gap:.875rem;color:var(--muted);font-size:.875rem;margin:1.5rem 0}
.divider::before,.divider::after{content:"";height:1px;flex:1;background:var(--card-line)}
ul.choices,ul.providers{list-style:none;margin:0;padding:0;display:flex;flex-direction:column;gap:.625rem}
.choice{display:flex;flex-wrap:wrap;gap:0 .75rem;justify-content:space-between;text-align:start}
.choice::after{content:"›";content:"›"/"";margin-inline-start:auto;color:var(--muted)}
.choice .detail{font-weight:400;overflow-wrap:anywhere}
.question{margin-top:1.5rem;text-align:center;font-size:.9375rem;color:var(--muted)}
.rules{font-size:.875rem;color:var(--muted);margin-top:-.375rem}
.rules ul{margin:.25rem 0 0;padding-inline-start:1.25rem}
.legal{font-size:.875rem;color:var(--muted)}
.steps{margin:0;padding-inline-start:1.25rem;display:flex;flex-direction:column;gap:.75rem}
h1+.steps{margin-top:1rem}
.steps p+p{margin-top:.25rem}
.qr{display:inline-block;background:#fff;padding:.75rem;border-radius:12px;margin:.75rem 0;line-height:0;border:1px solid var(--card-line)}
.qr svg{width:11rem;height:11rem}
.key{font:600 .9375rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.06em;overflow-wrap:anywhere;color:var(--heading)}
.facts{display:flex;flex-direction:column;gap:.375rem;margin:0 0 1.25rem;font-size:.9375rem}
.facts div{display:grid;grid-template-columns:auto 1fr;gap:0 .75rem}
.facts dt{color:var(--muted)}
.facts dd{margin:0;text-align:end;color:var(--heading);overflow-wrap:anywhere}
.details{margin-top:1rem;font-size:.875rem;color:var(--muted)}
.details p{margin-top:.5rem;overflow-wrap:anywhere}
.details summary{cursor:pointer}
.details form{margin-top:1rem}
.card-wide{max-width:40rem}
ul.sections,ul.entries{list-style:none;margin:1.25rem 0 0;padding:0;display:flex;flex-direction:column}
ul.sections{gap:.625rem}
a.choice{display:flex;align-items:center;min-height:2.875rem;padding:.625rem 1rem;font-weight:600;text-decoration:none;border:1px solid var(--second-line);border-radius:var(--radius-button)}
.entry{padding:1.125rem 0;border-block-start:1px solid var(--card-line);display:flex;flex-direction:column;gap:.625rem}
.entry h2,.entry h3{margin:0;color:var(--heading);font-size:1rem;font-weight:600;line-height:1.5;overflow-wrap:anywhere}
.entry h2+p,.entry .facts{margin:0}
.entry form{margin:0}
.marks{display:flex;flex-wrap:wrap;gap:.375rem;margin:0;padding:0;list-style:none}
.mark-text{font-size:.8125rem;line-height:1.5;padding:.0625rem .5rem;border-radius:999px;border:1px solid var(--card-line);color:var(--muted)}
.entry-actions{display:flex;flex-wrap:wrap;gap:.5rem}
button.small{width:auto;min-height:2.25rem;padding:.25rem .875rem;font-size:.9375rem}
.notice+.lead,.alert+.lead{margin-top:1.25rem}
.alert+.steps{margin-top:1.25rem}
select{appearance:auto}
.value{display:flex;flex-wrap:wrap;gap:.25rem .625rem;align-items:center;margin-top:.5rem;overflow-wrap:anywhere}
.codes{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.5rem}
.value+.lead{margin-top:.75rem}
.more{display:flex;flex-direction:column;gap:1.125rem;margin-top:1.125rem}
.part{margin-top:1.75rem}
.part>h2{margin-bottom:0}
.part .entry h3{font-weight:550}
button.danger{background:var(--bad);color:var(--card)}
.languages{font-size:.875rem;color:var(--muted)}
.languages summary{cursor:pointer;padding:.25rem .5rem;border-radius:6px;list-style:none;text-align:center}
.languages summary::after{content:" ▾";content:" ▾"/""}
.languages ul{list-style:none;margin:.5rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:.375rem 1rem;justify-content:center;max-width:26rem}
.languages a{color:inherit;padding:.25rem 0;display:inline-block}
.unseen{position:absolute;width:1px!important;height:1px;min-height:0!important;padding:0!important;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;border:0}
[hidden]{display:none!important}
@media(max-width:30rem){.page>.banner{margin:1.5rem 1.25rem 0}.page{padding:0;justify-content:flex-start;background:var(--card);gap:0}.card{border:0;box-shadow:none;border-radius:0;padding:2rem 1.25rem 1.5rem;max-width:none}.languages{padding:0 1.25rem 2rem}}
@media(prefers-reduced-motion:reduce){*{transition:none!important}}
@media(forced-colors:active){button,.provider,.button-link{border-color:ButtonText}}
`
  .replaceAll(
    'DARK',
    '--accent:#8fb0ff;--accent-hover:#abc4ff;--on-accent:#0d1a3a;--page:#0f1216;--card:#181c22;--card-line:#2a3038;--heading:#f2f4f7;--text:#d7dce2;--muted:#9da6b2;--line:#6b7480;--field:#12161b;--link:#9dbaff;--focus:#8fb0ff;--bad:#ff9d94;--bad-back:#2b1917;--good:#8fd6a9;--good-back:#14241a;--second:#1f242b;--second-text:#e6eaef;--second-line:#434b56;--google:#131314;--on-google:#e3e3e3;--google-line:#8e918f;--apple:#fff;--on-apple:#000;--shadow:none',
  )
  .trim()

/** The address of the style sheet, which changes with its content, so that browsers may keep it for ever. */
export const pageStylesPath = `/pages/${createHash('sha256').update(pageStyles).digest('hex').slice(0, 16)}.css`
