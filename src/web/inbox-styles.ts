/** The style sheet of the inbox page: one column on narrow screens, the list beside the message on wide ones. */
export const inboxStyles = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f5f6f8, #0f1317);
  --sheet: light-dark(#ffffff, #171c22);
  --ink: light-dark(#171b21, #e7eaee);
  --faint: light-dark(#5a6370, #9aa5b2);
  --edge: light-dark(#e1e4e9, #2a323b);
  --control: light-dark(#868f9b, #6c7885);
  --accent: light-dark(#0b5cad, #78b7ff);
  --chosen: light-dark(#eef4fc, #1b2a3b);
  --danger: light-dark(#b3261e, #c9413a);
  --email: light-dark(#e3effc, #14304d);
  --sms: light-dark(#e2f4ea, #123524);
  --queued: light-dark(#fdf1d3, #443412);
  --failed: light-dark(#fbe3e1, #4d1d1a);
  --suppressed: light-dark(#e9e9ee, #2c333b);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--sheet); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1, h2, h3, p, dl, dd { margin: 0; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
h2:focus { outline: none; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 24px; padding: 12px 16px; background: var(--sheet); border-bottom: 1px solid var(--edge); }
h1 { font-size: 16px; font-weight: 650; letter-spacing: -0.01em; }
h1 span { font-weight: 400; color: var(--faint); }
.search { display: flex; flex: 1 1 240px; max-width: 560px; }
input, button, .button { font: inherit; color: inherit; border: 1px solid var(--control); border-radius: 8px; padding: 6px 12px; background: var(--sheet); }
input { flex: 1; min-width: 0; background: var(--paper); }
input::placeholder { color: var(--faint); opacity: 1; }
button, .button { cursor: pointer; text-decoration: none; border-color: var(--edge); }
button:hover, .button:hover { border-color: var(--accent); }
.quiet { color: var(--faint); margin-inline-start: auto; }
.danger { background: var(--danger); border-color: var(--danger); color: #fff; }
.hint, .small, .line time, .id { color: var(--faint); font-size: 13px; }
.hint { padding: 8px 16px; overflow-wrap: anywhere; }
.id { display: inline-block; font-family: ui-monospace, monospace; font-size: 12px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; z-index: 1; padding: 6px 12px; background: var(--sheet); }
.skip:not(:focus) { clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }

.tabs { display: flex; flex-wrap: wrap; gap: 4px; padding: 10px 12px; }
.tabs a { padding: 4px 10px; border-radius: 99px; color: var(--faint); text-decoration: none; font-size: 13px; }
.tabs a[aria-current] { background: var(--chosen); color: var(--ink); font-weight: 600; }
.tabs a:hover { color: var(--ink); }
.count { margin-inline-start: 2px; font-weight: 400; font-variant-numeric: tabular-nums; }
.list ol, .links { list-style: none; margin: 0; padding: 0; }
.list li { border-top: 1px solid var(--edge); }
.list li:last-child { border-bottom: 1px solid var(--edge); }
.row { display: grid; gap: 2px; padding: 10px 16px; color: inherit; text-decoration: none; overflow: clip; }
.row:hover { background: var(--paper); }
.row:focus-visible { outline-offset: -2px; }
.line { display: flex; align-items: baseline; gap: 8px; min-width: 0; }
.line time, .line code { flex: none; margin-inline-start: auto; font-variant-numeric: tabular-nums; }
.recipient, .subject, .pool { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.recipient { font-weight: 600; }
.row code { max-width: 50%; overflow: hidden; text-overflow: ellipsis; font: 600 14px ui-monospace, monospace; letter-spacing: 0.04em; }
.tag { flex: none; padding: 1px 8px; border-radius: 99px; font-size: 12px; color: var(--ink); background: var(--email); }
.tag.sms { background: var(--sms); }
.tag.queued { background: var(--queued); }
.tag.failed { background: var(--failed); }
.tag.suppressed { background: var(--suppressed); }

.detail { background: var(--sheet); padding: 16px; overflow-wrap: anywhere; }
.detail article { max-width: 720px; margin: 0 auto; overflow: clip; overflow-clip-margin: 4px; }
.back { display: inline-block; padding: 4px 0 12px; font-size: 14px; text-decoration: none; }
h2 { margin-top: 8px; font-size: 21px; line-height: 1.3; font-weight: 600; letter-spacing: -0.01em; }
h3 { margin-top: 24px; font-size: 13px; font-weight: 400; color: var(--faint); }
dl { margin-top: 12px; display: grid; gap: 2px; font-size: 14px; }
dl div { display: flex; gap: 12px; }
dd, h2 { overflow: clip; overflow-clip-margin: 4px; }
dt { flex: 0 0 64px; color: var(--faint); }
.why { padding: 8px 12px; margin-top: 16px; border-radius: 8px; background: var(--paper); font-size: 13px; }
.secret { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin-top: 20px; padding: 14px 16px; border-radius: 12px; background: var(--paper); }
.secret code { font: 600 28px/1.3 ui-monospace, monospace; letter-spacing: 0.08em; user-select: all; }
.copy { font-size: 13px; padding: 4px 12px; }
.links { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
.button { display: inline-block; font-size: 14px; font-weight: 600; color: var(--accent); }
.text { margin-top: 20px; white-space: pre-wrap; }
details { margin-top: 16px; }
summary { color: var(--accent); font-size: 13px; cursor: pointer; width: fit-content; }
details .text { margin-top: 8px; }
.detail .hint { padding: 6px 0; }
iframe { display: block; width: 100%; height: 320px; margin-top: 6px; border: 1px solid var(--edge); border-radius: 8px; background: #fff; resize: vertical; color-scheme: light; }

ol + .nothing { display: none; }
ol:empty + .nothing { display: block; }
.nothing { max-width: 46em; margin: 0 auto; padding: 48px 16px; text-align: center; color: var(--faint); }
.nothing p { margin-bottom: 12px; text-wrap: balance; }
.nothing b { color: var(--ink); font-size: 17px; font-weight: 600; }
.nothing pre { margin: 16px 0; padding: 12px 16px; overflow-x: auto; text-align: start; font-size: 13px; background: var(--paper); color: var(--ink); border: 1px solid var(--edge); border-radius: 8px; }
dialog { max-width: min(440px, calc(100vw - 32px)); padding: 24px; border: 1px solid var(--edge); border-radius: 14px; background: var(--sheet); color: var(--ink); box-shadow: 0 16px 48px rgb(0 0 0 / 0.25); }
dialog::backdrop { background: rgb(0 0 0 / 0.45); }
dialog h2 { margin: 0 0 8px; font-size: 18px; }
.buttons { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 8px; margin-top: 20px; }

@media (max-width: 899.98px) {
  main:not([data-open]) .detail, main[data-open] .list, .skip { display: none; }
}
@media (max-width: 560px) {
  .search { order: 1; flex-basis: 100%; }
  input, .tabs a { font-size: 16px; }
  .tabs { gap: 0; padding: 8px 6px; justify-content: space-between; }
  .tabs a { padding: 6px 9px; font-size: 14px; white-space: nowrap; }
}
@media (min-width: 900px) {
  body { height: 100dvh; display: grid; grid-template-rows: auto minmax(0, 1fr); }
  .bar { padding-inline: 24px; }
  main { display: grid; grid-template-columns: minmax(340px, 30%) minmax(0, 1fr); min-height: 0; }
  .list, .detail { overflow-y: auto; }
  .list { position: relative; border-inline-end: 1px solid var(--edge); }
  .tabs { position: sticky; top: 0; z-index: 1; background: var(--sheet); }
  .row { scroll-margin-top: 48px; }
  .row[aria-current] { background: var(--chosen); box-shadow: inset 3px 0 var(--accent); }
  .detail { padding: 32px 40px; }
  .back { display: none; }
  main:has(ol:empty):not([data-open]) { grid-template-columns: 1fr; }
  main:has(ol:empty):not([data-open]) .list { border: 0; }
  main:has(ol:empty):not([data-open]) .detail { display: none; }
  iframe { height: 380px; }
}
@media (prefers-reduced-motion: no-preference) {
  .arrived { animation: arrive 1.2s ease-out; }
  @keyframes arrive { from { background: var(--chosen); } }
}
`
