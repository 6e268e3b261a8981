/**
 * The page's style. Both colour schemes come from `light-dark()`, so that the system, the button and print each set one
 * property. Inks keep a contrast of at least 4.5 to 1 on their ground.
 */
export const STYLE = `
:root{color-scheme:light dark;
--paper:light-dark(#faf9f7,#14161a);--card:light-dark(#fff,#1b1e24);--ink:light-dark(#1f242b,#e6e8eb);--soft:light-dark(#5b636e,#9fa7b3);
--line:light-dark(#e5e2dc,#2c313a);--hover:light-dark(#f3f1ec,#22262d);--accent:light-dark(#2a5d8f,#86b7e8);
--good:light-dark(#1b7048,#5fc492);--good-tint:light-dark(#e8f4ed,#16281f);
--bad:light-dark(#b0261d,#ff8d83);--bad-tint:light-dark(#fcecea,#321a1a);
--unsure:light-dark(#855600,#eebb62);--unsure-tint:light-dark(#fbf1de,#2d2515);
--heat-few:light-dark(#d8e8ea,#1c2f36);--heat-many:light-dark(#0a4a57,#58b4bd);
--p50:light-dark(#2a6ca3,#7fb9ee);--p99:light-dark(#b4530f,#f0a063);--max:light-dark(#7d5fa8,#bda2e4);
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans KR","Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"Noto Sans Mono","DejaVu Sans Mono",monospace}
:root[data-theme=light]{color-scheme:light}:root[data-theme=dark]{color-scheme:dark}
*{box-sizing:border-box}
html{scroll-padding-top:4rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 var(--sans);font-variant-numeric:tabular-nums}
a{color:var(--accent);text-underline-offset:.2em}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem;z-index:9}
.wide{max-width:70rem;margin:0 auto;padding:0 1.5rem}
.top{display:flex;align-items:center;gap:.7rem;padding-top:1.4rem;padding-bottom:1.4rem;color:var(--soft)}
.top .brand{display:flex;align-items:center;gap:.55rem;color:var(--ink);font-weight:650;letter-spacing:-.01em;margin-right:auto}
.logo{width:2rem;height:1.25rem;color:var(--accent)}
.top code{font-size:.86em}
.theme{border:1px solid var(--line);background:var(--card);color:var(--soft);font:inherit;font-size:.82rem;border-radius:99px;padding:.15rem .75rem;cursor:pointer;white-space:nowrap}
.theme:hover{color:var(--ink)}
.icon{width:1.15em;height:1.15em;flex:none}
.sign{fill:none;stroke:var(--card);stroke-width:2.1;stroke-linecap:round;stroke-linejoin:round}
.good{--state:var(--good);--tint:var(--good-tint)}.bad{--state:var(--bad);--tint:var(--bad-tint)}
.unsure{--state:var(--unsure);--tint:var(--unsure-tint)}.quiet{--state:var(--soft);--tint:transparent}
.status{display:inline-flex;align-items:baseline;gap:.42em;color:var(--state);font-weight:600;white-space:nowrap}
.status .icon{width:1em;height:1em;align-self:center}
.verdict{background:var(--tint);border:1px solid color-mix(in srgb,var(--state) 28%,transparent);border-radius:14px;padding:1.7rem 1.9rem}
.verdict h1{display:flex;align-items:center;gap:.6rem;margin:0;font-size:2rem;line-height:1.2;letter-spacing:-.02em;color:var(--state)}
.verdict .sentence{margin:.7rem 0 0;font-size:1.12rem;max-width:46rem}
.verdict ul{margin:.9rem 0 0;padding-left:1.15rem;max-width:56rem}.verdict li{margin:.2rem 0}
.verdict .validity{margin:.9rem 0 0}.verdict .validity .status{white-space:normal}
.verdict .facts{margin:.6rem 0 0;color:var(--soft);display:flex;flex-wrap:wrap;gap:.15rem 1.3rem;font-size:.92rem}
.note{background:var(--tint);border-left:4px solid var(--state);border-radius:0 10px 10px 0;padding:.85rem 1.15rem;margin:0 0 1rem}
.note h2{display:flex;align-items:center;gap:.5rem;font-size:1.02rem;margin:0;color:var(--state)}.note p{margin:.35rem 0 0}
.note ul{margin:.35rem 0 0;padding-left:1.15rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.8rem,1fr));gap:1px;background:var(--line);border:1px solid var(--line);border-radius:14px;overflow:hidden;margin:1.1rem 0 0}
.tiles>div{background:var(--card);padding:1rem 1.2rem 1.05rem}
.tiles dt{color:var(--soft);font-size:.86rem}.tiles dd{margin:0}
.tiles .figure{white-space:nowrap;font-size:1.5rem;line-height:1.35;font-weight:620;letter-spacing:-.02em}
.tiles .figure small{font-size:.92rem;font-weight:500;letter-spacing:0;color:var(--soft)}
.tiles .more{color:var(--soft);font-size:.86rem}
.tiles .bad .figure{color:var(--bad)}
nav{position:sticky;top:0;z-index:5;background:var(--paper);border-bottom:1px solid var(--line);margin-top:1.6rem}
nav ul{display:flex;flex-wrap:wrap;gap:0 1.5rem;list-style:none;margin:0;padding-top:.55rem;padding-bottom:.55rem}
nav a{color:var(--soft);text-decoration:none;font-size:.9rem;white-space:nowrap}nav a:hover{color:var(--ink)}
section{margin-top:3rem}
section>h2{font-size:1.32rem;letter-spacing:-.015em;margin:0 0 .25rem;line-height:1.3}
section>p.lead{color:var(--soft);margin:0 0 1.1rem;max-width:60rem}
h3{font-size:1rem;margin:1.8rem 0 .5rem}
.scroll{overflow-x:auto;position:relative;background:linear-gradient(to right,var(--paper) 40%,transparent) left/2rem 100% no-repeat local,linear-gradient(to left,var(--paper) 40%,transparent) right/2rem 100% no-repeat local,linear-gradient(to right,var(--line),transparent) left/.7rem 100% no-repeat scroll,linear-gradient(to left,var(--line),transparent) right/.7rem 100% no-repeat scroll}
table{border-collapse:collapse;width:100%;font-size:.94rem}
caption{text-align:left;color:var(--soft);font-size:.86rem;padding-bottom:.35rem}
th,td{text-align:left;vertical-align:baseline;padding:.38rem 1.2rem .38rem 0;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-weight:500;font-size:.84rem;white-space:nowrap}
tbody th{font-weight:500}
tbody tr:hover{background:var(--hover)}
tr.group th{color:var(--soft);font-weight:600;font-size:.84rem;padding-top:1.1rem;border-bottom-color:color-mix(in srgb,var(--soft) 45%,transparent)}
tr.group:hover{background:none}
tr.part th{padding-left:1.25rem}
.verdict,.note,.pairs dd,figcaption,.keys,p{overflow-wrap:anywhere;min-width:0}
th code.limit{margin-left:.6em;white-space:nowrap}
.n{text-align:right;white-space:nowrap}td.zero,.dim{color:var(--soft)}td.wrong{color:var(--bad);font-weight:650}
.explain{color:var(--soft);font-size:.88rem}
th .explain{font-weight:400;margin-left:.55em}
th p.explain,th .proposal{margin:.2rem 0 0;font-weight:400;max-width:62ch}th .proposal{font-size:.88rem}
.few{position:absolute}
.strip-cell{vertical-align:middle;width:150px}
code,pre,.mono{font-family:var(--mono);font-size:.88em}
th code{font-weight:500}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem;margin:.4rem 0;white-space:pre-wrap;overflow-wrap:anywhere;max-height:22rem;overflow:auto}
pre.whole{user-select:all}
.strip{width:150px;height:16px;vertical-align:middle;display:block}
.strip .rule{stroke:var(--line)}.strip .body{fill:var(--p50)}.strip .tail{stroke:var(--p99);stroke-width:1.6;stroke-dasharray:3 2}
.strip .tick{stroke:var(--max);stroke-width:2}.strip .mid{fill:var(--card);stroke:var(--p50);stroke-width:1.6}
.strip text{font:9.5px var(--sans);fill:var(--soft)}
.gauge .track{fill:var(--line)}.gauge .fill{fill:var(--state)}.gauge .limit{stroke:var(--ink);stroke-width:1.5}
.bar{display:block;width:100%;height:.7rem;border-radius:99px;overflow:hidden;margin:.4rem 0 .6rem;background:var(--line)}
.bar .arrived{fill:var(--good)}.bar .late{fill:var(--unsure)}.bar .lost{fill:var(--bad)}
.sum{display:flex;flex-wrap:wrap;gap:.1rem .45rem;margin:0 0 1.1rem;font-size:1.02rem}.sum b{font-weight:640}.sum span{color:var(--soft)}
figure{margin:1.7rem 0 0}
figcaption{font-weight:600;text-wrap:pretty}figcaption .explain{font-weight:400;display:block}
.chart{min-height:1px;margin-top:.35rem}
.keys{display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;margin:.3rem 0 0;padding:0;list-style:none;font-size:.86rem;color:var(--soft)}
.keys svg{width:1.7rem;height:.6rem;margin-right:.4rem;vertical-align:middle}
.keys output{color:var(--ink);margin-left:.35rem}
.keys .heat-key svg{width:5rem;height:.7rem;margin:0 .15rem 0 .3rem}
.ink-p50{stroke:var(--p50);fill:var(--p50);color:var(--p50)}.ink-p99{stroke:var(--p99);fill:var(--p99);color:var(--p99)}
.ink-max{stroke:var(--max);fill:var(--max);color:var(--max)}.ink-bad{stroke:var(--bad);fill:var(--bad);color:var(--bad)}
.ink-soft{stroke:var(--soft);fill:var(--soft);color:var(--soft)}.ink-line{color:var(--line)}
.ink-ink{stroke:var(--ink);fill:var(--ink);color:var(--ink)}.ink-paper{color:var(--paper)}
.heat-0{fill:color-mix(in oklab,var(--heat-many) 0%,var(--heat-few))}.heat-1{fill:color-mix(in oklab,var(--heat-many) 14%,var(--heat-few))}.heat-2{fill:color-mix(in oklab,var(--heat-many) 29%,var(--heat-few))}.heat-3{fill:color-mix(in oklab,var(--heat-many) 43%,var(--heat-few))}.heat-4{fill:color-mix(in oklab,var(--heat-many) 57%,var(--heat-few))}.heat-5{fill:color-mix(in oklab,var(--heat-many) 71%,var(--heat-few))}.heat-6{fill:color-mix(in oklab,var(--heat-many) 86%,var(--heat-few))}.heat-7{fill:color-mix(in oklab,var(--heat-many) 100%,var(--heat-few))}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--soft);font-size:.9rem;width:fit-content}summary:hover{color:var(--ink)}
details[open]>summary{margin-bottom:.4rem}
.finding{border:1px solid var(--line);border-radius:10px;background:var(--card);padding:.9rem 1.1rem;margin:.7rem 0}
.finding h3{display:flex;flex-wrap:wrap;gap:.2rem .8rem;align-items:baseline;margin:0;font-size:.98rem}
.finding h3 .times{color:var(--state);font-weight:650;white-space:nowrap}
.finding p{margin:.25rem 0 0}.finding pre{background:var(--paper)}
.pairs{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.3rem 1.4rem;margin:0;font-size:.94rem}
.pairs dt{color:var(--soft)}.pairs dd{margin:0;overflow-wrap:anywhere}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:0 3rem}.two>*{min-width:0}.two>figure{display:grid;grid-template-columns:minmax(0,1fr);grid-row:span 4;grid-template-rows:subgrid}
footer p{color:var(--soft);font-size:.86rem;margin:3.5rem 0 0;padding:1.1rem 0 2.5rem;border-top:1px solid var(--line)}
.uplot{width:100%!important;font-family:inherit}.u-legend{display:none}
.u-select{background:color-mix(in srgb,var(--accent) 16%,transparent)}
.u-hz .u-cursor-x,.u-vt .u-cursor-y{border-right-color:var(--soft)}
@media (max-width:48rem){.wide{padding-left:1rem;padding-right:1rem}.top code{display:none}.tiles{grid-template-columns:1fr 1fr}.tiles>div:last-child:nth-child(odd){grid-column:1/-1}.tiles>div{padding:.8rem .9rem}.tiles .figure{font-size:1.25rem}nav{position:static}.verdict{padding:1.2rem}.verdict h1{font-size:1.6rem}td.strip-cell,th.strip-cell{display:none}table{min-width:22rem}th,td{padding-right:.8rem}th code.limit{display:block;margin:0;white-space:normal}.thresholds{min-width:0}.thresholds thead{position:absolute;clip-path:inset(50%)}.thresholds tr{display:grid;grid-template-columns:7rem 1fr auto;border-bottom:1px solid var(--line)}.thresholds th,.thresholds td{border:0;padding-bottom:0;text-align:left}.thresholds th{grid-column:2/-1;overflow-wrap:anywhere}.thresholds td.n{grid-row:2;grid-column:2;padding-bottom:.4rem}.thresholds td.n+td.n{grid-column:3}.verdict .icon,.note .icon{align-self:flex-start;margin-top:.2em}.ledger tr{display:grid;grid-template-columns:1fr 5.5rem 6.5rem;border-bottom:1px solid var(--line)}.ledger th,.ledger td{border:0}.ledger tbody td.explain{grid-column:1/-1;padding-top:0}.ledger thead th:last-child{display:none}.ledger tr.group th{grid-column:1/-1}.ledger tr.part td.explain{padding-left:1.25rem}.latencies .explain{display:block;margin-left:0}.pairs{grid-template-columns:1fr}.pairs dd{margin-bottom:.4rem}.two{grid-template-columns:1fr}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{:root,:root[data-theme]{color-scheme:light}body{font-size:10.5pt;background:#fff}nav,.theme,.skip,.top a{display:none}
section,figure,.finding,tr{break-inside:avoid}section>h2{break-after:avoid}pre{max-height:none}.wide{max-width:none;padding:0}details>summary{display:none}*{print-color-adjust:exact}
/* What was drawn for the screen is scaled to the paper. */
.u-wrap,.uplot canvas{width:100%!important;height:auto!important}.u-over,.u-under{display:none}.scroll{background:none}.keys output{display:none}figure details:not([open]){display:none}}
`
