/** The frame of every page: one file, no request to anywhere, light or dark as the reader's system asks, printable. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { darkPalette, fontStack, lightPalette } from './chart.ts';
import { Html, html } from './html.ts';

export interface PageParts {
  readonly title: string;
  readonly body: Html;
  /** Script sources, run in this order at the end of the page. */
  readonly scripts?: readonly string[];
  /** JSON blocks by element id (see `scriptJson`) or base64 text. */
  readonly blocks?: Readonly<Record<string, { readonly type: string; readonly text: string }>>;
}

/** Nothing may be loaded; the charts' expressions need `unsafe-eval`. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data: blob:; base-uri 'none'; form-action 'none'";

export function pageText(parts: PageParts): string {
  const blocks = Object.entries(parts.blocks ?? {}).map(
    ([id, block]) => new Html(`<script id="${id}" type="${block.type}">${block.text}</script>\n`),
  );
  const scripts = (parts.scripts ?? []).map((source) => new Html(`<script>${inlineable(source)}</script>\n`));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${parts.title}</title>
<style>${new Html(styles)}</style>
</head>
<body>
${parts.body}
${blocks}${scripts}</body>
</html>
`.markup;
}

function inlineable(source: string): string {
  return source.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}

/** Minified browser builds as they lie in the installed packages. */
export async function libraryText(name: 'vega' | 'vega-lite' | 'vega-embed'): Promise<string> {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve(name));
  const text = await readFile(join(folder, `${name}.min.js`), 'utf8');
  return text.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n');
}

function variables(palette: Readonly<Record<string, string>>): string {
  return Object.entries(palette)
    .map(([name, value]) => `${name}:${value};`)
    .join('');
}

const styles = `
:root{${variables(lightPalette)}--page:#f5f6f8;--line:#dfe4ea;--shade:rgba(20,32,48,.28);color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{${variables(darkPalette)}--page:#10151b;--line:#2b3440;--shade:rgba(0,0,0,.75)}}
@media print{:root{${variables(lightPalette)}--page:#fff;--line:#d5dae1;color-scheme:light}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 ${fontStack}}
a{color:var(--main);text-decoration:none}a:hover{text-decoration:underline}
section{scroll-margin-top:8px}
main,header.top{max-width:1180px;margin:0 auto;padding:0 20px}
header.top{padding-top:28px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:19px;margin:40px 0 12px;padding-top:10px;border-top:1px solid var(--line);letter-spacing:-.005em}
h3{font-size:15px;margin:0 0 2px}
p{margin:6px 0}
.panel>p,section>p{font-size:13.5px}section>p{margin:0 0 12px}.grid+p{margin-top:12px}
.muted,.meta{color:var(--muted)}.meta{font-size:13px;overflow-wrap:anywhere}
.verdict{font-size:18px;line-height:1.45;margin:14px 0 4px;max-width:72ch}
.verdict b{font-weight:650}
.gain{color:var(--gain)}.loss{color:var(--loss)}
nav.toc{display:flex;flex-wrap:wrap;gap:6px;margin:18px 0 0;font-size:13px}
nav.toc a{border:1px solid var(--line);border-radius:999px;padding:3px 11px;background:var(--paper);color:var(--ink)}
.cards{display:grid;grid-template-columns:repeat(6,1fr);gap:10px;margin:18px 0 0}
.card{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:11px 13px 10px;min-width:0}
.card dt{font-size:12px;color:var(--muted)}
.card dd{margin:1px 0 0;font-size:20px;font-weight:620;font-variant-numeric:tabular-nums;letter-spacing:-.01em;overflow-wrap:anywhere}
.card small{display:block;font-size:11.5px;line-height:1.35;color:var(--muted);margin-top:2px}
dl.cards{margin-bottom:0}
.notes{background:var(--paper);border:1px solid var(--line);border-left:3px solid var(--second);border-radius:8px;padding:10px 16px;margin:14px 0 0;font-size:14px}
.notes ul,.list{margin:4px 0;padding-left:18px}
.notes li,.list li{margin:3px 0}
.grid{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px}
figure{margin:0;background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:14px 16px 10px;min-width:0}
figure.wide{grid-column:1/-1}
main>figure{margin-top:14px}
figure>div.chart{width:100%;min-height:60px;margin-top:8px}
figure .chart svg{display:block;max-width:100%}
figcaption{font-size:13.5px;color:var(--ink);margin-top:8px;line-height:1.45}
.files{font-size:12px;color:var(--muted);margin-top:4px}.files a{margin-right:9px}
.panel{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:14px 16px;margin:16px 0 0;min-width:0}
.grid>.panel{margin:0}
.panel>p:last-child{margin-bottom:0}
.scroll{overflow-x:auto;margin:8px -4px 0;padding:0 4px;background:linear-gradient(to right,var(--paper) 45%,transparent) left/36px 100% no-repeat local,linear-gradient(to left,var(--paper) 45%,transparent) right/36px 100% no-repeat local,linear-gradient(to right,var(--shade),transparent) left/14px 100% no-repeat scroll,linear-gradient(to left,var(--shade),transparent) right/14px 100% no-repeat scroll}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th{font-weight:500;color:var(--muted);text-align:left;border-bottom:1px solid var(--line);padding:4px 12px 4px 0;vertical-align:bottom}
td{padding:4px 12px 4px 0;border-bottom:1px solid var(--grid);white-space:nowrap;vertical-align:top}
td.wrap,.facts td{white-space:normal;overflow-wrap:anywhere}
.scroll td.wrap{min-width:min(26ch,29vw);overflow-wrap:break-word}
.panel+.grid{margin-top:16px}
table.sortable th{cursor:pointer}table.sortable th:hover{color:var(--ink)}
th[aria-sort=ascending]::after{content:' ↑'}th[aria-sort=descending]::after{content:' ↓'}
th.number,td.number{text-align:right}
tr>:last-child{padding-right:0}
tbody tr:last-child td{border-bottom:0}
.facts td:first-child{color:var(--muted);white-space:nowrap;width:1%;padding-right:20px}
code,.mono{font:12.5px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
pre{margin:6px 0;overflow-x:auto;font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
details>summary{cursor:pointer;color:var(--main)}
.coins{display:flex;flex-wrap:wrap;gap:5px 6px;margin-top:8px;font-size:13px}
.coins a{border:1px solid var(--line);border-radius:6px;padding:2px 8px;background:var(--page);color:var(--ink);white-space:nowrap}
.coins span{font-variant-numeric:tabular-nums;font-size:12px}
button{font:inherit;font-size:13px;color:var(--main);background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:3px 10px;cursor:pointer}
button:hover{border-color:var(--main)}
.tools{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin:6px 0 0}
td button{padding:0 8px;font-size:12px}
footer{max-width:1180px;margin:44px auto 0;padding:14px 20px 40px;color:var(--muted);font-size:13px}
#vg-tooltip-element,.tip{position:fixed;z-index:9;pointer-events:none;visibility:hidden;background:var(--paper);color:var(--ink);border:1px solid var(--line);border-radius:6px;padding:6px 9px;font-size:12px;line-height:1.45;box-shadow:0 3px 14px rgba(0,0,0,.16)}
#vg-tooltip-element.visible,.tip.visible{visibility:visible}
#vg-tooltip-element table,.tip table{width:auto;font-size:12px}
#vg-tooltip-element td,.tip td{border:0;padding:0 8px 0 0;overflow-wrap:normal}
#vg-tooltip-element td.key,.tip td:first-child{color:var(--muted);text-align:right}
.runs{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:16px;margin-top:20px}
.run{display:block;background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:16px 18px;color:var(--ink);min-width:0}
a.run:hover{text-decoration:none;border-color:var(--main)}
.run h2{border:0;margin:0;padding:0;font-size:17px;overflow-wrap:anywhere}
.run svg{display:block;width:100%;height:70px;margin:10px 0 6px}
.run dl{display:grid;grid-template-columns:repeat(3,1fr);gap:6px 12px;margin:8px 0 0}
.run dt{font-size:11.5px;color:var(--muted)}.run dd{margin:0;font-size:15px;font-weight:600;font-variant-numeric:tabular-nums}
@media (max-width:1020px){.cards{grid-template-columns:repeat(4,1fr)}}
@media (max-width:760px){th{white-space:nowrap}.grid{grid-template-columns:minmax(0,1fr)}.cards{grid-template-columns:repeat(3,1fr)}}
@media (max-width:520px){body{font-size:14.5px}main,header.top,footer{padding-left:12px;padding-right:12px}header.top{padding-top:18px}.cards{grid-template-columns:repeat(2,1fr);gap:8px}.card{padding:9px 10px}.card dd{font-size:18px}figure,.panel{padding:12px 10px 9px}h1{font-size:22px}.verdict{font-size:16.5px}.runs{grid-template-columns:minmax(0,1fr)}nav.toc{gap:5px}nav.toc a{padding:4px 10px}}
@media print{figure .chart svg{height:auto}body{font-size:11.5px;background:#fff}main,header.top,footer{max-width:none;padding-left:0;padding-right:0}nav.toc,.files,.tools,button{display:none}figure,.panel,.card,.notes{break-inside:avoid;border-color:#d5dae1}h2{break-after:avoid;margin-top:22px}.grid{gap:10px}.cards{grid-template-columns:repeat(6,1fr);gap:6px}.card dd{font-size:15px}.scroll{overflow:visible;background:none}td,th{padding-right:7px}.scroll td.wrap{min-width:0}table.sortable{font-size:8.5px}table.sortable .mono{font-size:inherit}table.sortable td{padding:1px 6px 1px 0}a{color:inherit}}
`;
