/** What pages with drawings need beside the style of all pages. */
export const DRAWING_STYLE = `
.plot{display:grid;grid-template-columns:52px minmax(0,1fr);margin-top:.5rem;padding-right:1px}.plot.bare{grid-template-columns:minmax(0,1fr)}
.plot svg,.forest svg{display:block;overflow:visible}.plot .area,.forest .area{width:100%}
.plot text,.forest text{font:11.5px var(--sans);fill:var(--soft);stroke:none;font-variant-numeric:tabular-nums}
.start{text-anchor:start}.middle{text-anchor:middle}.end{text-anchor:end}
.halo{paint-order:stroke}.plot text.halo,.forest text.halo{stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.grid{stroke:var(--line)}.tick,.base{stroke:color-mix(in srgb,var(--soft) 55%,transparent)}
.stretch path{vector-effect:non-scaling-stroke;fill:none}
.plot text.good{fill:var(--good)}.plot text.bad{fill:var(--bad)}.plot text.ink,.forest text.ink{fill:var(--ink)}.plot text.unsure{fill:var(--unsure)}.plot text.max{fill:var(--max)}
.plot text.strong{font-weight:620}
line.good,path.good{stroke:var(--good);stroke-width:1.6}line.bad,path.bad{stroke:var(--bad);stroke-width:1.6;stroke-dasharray:2 3}
line.ink,path.ink{stroke:var(--ink);stroke-width:1.4}line.solid{stroke-dasharray:none}line.max,path.max{stroke:var(--max);stroke-width:1.6;stroke-dasharray:7 4}
line.quiet,path.quiet{stroke:var(--soft);stroke-width:1.6}line.unsure,path.unsure{stroke:var(--unsure);stroke-width:1.6;stroke-dasharray:5 3}
path.p50{stroke:var(--p50);stroke-width:1.6}path.p99{stroke:var(--p99);stroke-width:1.6}
.key path.quiet,.key.quiet path{stroke:var(--soft);stroke-width:1.6}.key.bad path{stroke:var(--bad);stroke-width:1.6;stroke-dasharray:2 3}.key.good path{stroke:var(--good);stroke-width:1.6}.key.p99 path{stroke:var(--p99);stroke-width:1.6}.key.max path{stroke:var(--max);stroke-width:1.6;stroke-dasharray:7 4}
.mark .filled,.key .filled{fill:currentColor;stroke:var(--paper);stroke-width:1}.mark .open,.key .open{fill:none;stroke:currentColor;stroke-width:1.9}
.of-good{color:var(--good)}.of-bad{color:var(--bad)}.of-unsure{color:var(--unsure)}.of-quiet{color:var(--soft)}.of-ink{color:var(--ink)}.of-p50{color:var(--p50)}.of-p99{color:var(--p99)}.of-max{color:var(--max)}
.zone-good{fill:color-mix(in srgb,var(--good) 20%,transparent)}.zone-bad{fill:color-mix(in srgb,var(--bad) 16%,transparent)}.zone-unsure{fill:color-mix(in srgb,var(--unsure) 18%,transparent)}.zone-quiet{fill:color-mix(in srgb,var(--soft) 13%,transparent)}
path.zone-quiet{stroke:none;fill:color-mix(in srgb,var(--soft) 16%,transparent)}.stretch path.zone-quiet{fill:color-mix(in srgb,var(--soft) 16%,transparent)}.stretch path.zone-good{fill:color-mix(in srgb,var(--good) 16%,transparent)}
.keys svg.key{width:1rem;height:.75rem;margin-right:.3rem}.keys svg.key.stroke{width:1.7rem}.keys .swatch{width:1.3rem;height:.7rem}
.pt{cursor:pointer;color:inherit}.pt .hit{fill:transparent;stroke:none}.pt .tip{visibility:hidden;pointer-events:none}
.hint div,.tip div{font-size:.82rem;line-height:1.25;height:100%;overflow:hidden;overflow-wrap:anywhere;background:var(--paper);color:var(--soft)}.tip div{color:var(--ink)}
.pt:hover .tip,.pt:focus-visible .tip{visibility:visible}.pt:focus-visible{outline:none}.pt:hover .hit,.pt:focus-visible .hit{stroke:var(--accent);stroke-width:2}
.small{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:0 2.2rem}.small>*{min-width:0}
.multiples{display:grid;grid-template-columns:repeat(auto-fit,minmax(26rem,1fr));gap:0 3rem}.multiples>*{min-width:0}
.small figcaption,.multiples figcaption{font-size:.95rem}
.tiles dt,.tiles dd,section>h2,section li,.verdict li,.note li{overflow-wrap:anywhere;min-width:0}
.bracket .zone-good{fill:color-mix(in srgb,var(--good) 34%,transparent)}.bracket .zone-unsure{fill:color-mix(in srgb,var(--unsure) 30%,transparent)}.bracket .zone-bad{fill:color-mix(in srgb,var(--bad) 28%,transparent)}
.plot.bare text.big{stroke:var(--paper);stroke-width:4px;paint-order:stroke;font-size:13.5px;font-weight:620}
.forest td.picture{width:40%;min-width:15rem;padding-top:0;padding-bottom:0}.forest th.picture{vertical-align:bottom}
.forest tr.group th{padding-top:1.3rem}.forest .bar-line{stroke:currentColor;stroke-width:3}.forest .bar-end{stroke:currentColor;stroke-width:2}.forest .zero{stroke:var(--ink);stroke-width:1}.forest .pair{fill:var(--soft);opacity:.55}
.forest .arrow{fill:currentColor}.forest tbody th{min-width:11.5rem}.forest td{vertical-align:middle}.forest th{vertical-align:middle}
.mean{stroke:var(--soft);stroke-dasharray:1 3}.gap{fill:color-mix(in srgb,var(--unsure) 45%,transparent)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
table.narrow{width:auto}table.narrow th,table.narrow td{padding-right:2.4rem}.multiples figure:not(:first-child) .hint{visibility:hidden}
.says{margin:.2rem 0 0;color:var(--soft);font-size:.88rem;font-weight:400}
.steps td .says{min-width:13rem;max-width:24rem;overflow-wrap:anywhere}
@media (max-width:48rem){.small,.multiples{grid-template-columns:minmax(0,1fr)}.forest{min-width:0}.forest thead th:not(.picture){position:absolute;clip-path:inset(50%)}.forest tr{display:grid;grid-template-columns:1fr auto;border-bottom:1px solid var(--line);padding:.4rem 0}.forest th,.forest td{border:0;padding:.1rem 0}.forest tbody th,.forest td.picture,.forest th.picture{grid-column:1/-1;width:auto;min-width:0}.changes .status{white-space:normal}.changes{min-width:36rem}.forest td.n{text-align:left}}
@media print{.pt .hit{stroke:none}.tip,.hint{display:none}}
`
