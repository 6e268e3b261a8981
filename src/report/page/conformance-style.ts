/** What a gate's page needs beside the style of all pages. */
export const GATE_STYLE = `
h3.group{display:flex;gap:.6rem;align-items:baseline;margin:2rem 0 0}h3.group+.explain{margin:.1rem 0 .6rem}
.matrix tbody th{min-width:9rem}.all tbody th{min-width:12rem;overflow-wrap:break-word}.matrix .status{font-size:.78rem;letter-spacing:.01em}.matrix td b{color:var(--state)}
.matrix tfoot th,.matrix tfoot td{border-bottom:0;font-weight:650}
.case{border:1px solid var(--line);border-left:4px solid var(--state);border-radius:10px;background:var(--card);margin:.6rem 0;padding:0}
.case>summary{width:auto;padding:.7rem 1rem;color:var(--ink);font-size:.96rem;overflow-wrap:anywhere}
.case>summary .status,.all .status{font-size:.84em;margin-right:.5em}.case>summary code{font-weight:600;margin-right:.5em}
.case>summary .title{margin-right:.5em}.case>summary .explain{white-space:nowrap}.case[open]>summary{margin:0;border-bottom:1px solid var(--line)}
.case .came{display:block;color:var(--soft);font-size:.9rem;padding-left:1rem}.case[open] .came{display:none}
.case .body{padding:1rem 1.1rem 1.1rem;scroll-margin-top:7rem}.case h4{margin:1.3rem 0 .2rem;font-size:.95rem}
.case p.explain{margin:.1rem 0 .4rem}.case pre{background:var(--paper)}.case b{font-weight:620}
.case blockquote{margin:0;padding-left:.8rem;border-left:3px solid var(--line)}.case ol{margin:0;padding-left:1.25rem}
.transcript td{padding:.22rem .9rem .22rem 0;font-family:var(--mono);font-size:.8rem;white-space:nowrap}
.transcript td.text{white-space:pre-wrap;overflow-wrap:anywhere;width:100%}.transcript .arrow{color:var(--soft)}
.transcript .gap td{font-family:var(--sans);color:var(--soft);padding:.6rem 0;text-align:center}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.all th .title{display:block;font-weight:400}.all a{text-decoration-thickness:1px}
.filter{display:flex;flex-wrap:wrap;gap:.5rem 1.1rem;align-items:center;margin:0 0 .8rem;color:var(--soft);font-size:.88rem}.filter[hidden]{display:none}
.filter input,.filter select{max-width:100%;font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:7px;padding:.25rem .5rem}.filter select{max-width:14rem}
.filter output{margin-left:auto}
.verdict,.note,.pairs dd,.filter label{overflow-wrap:anywhere;min-width:0}
ul.plain{list-style:none;margin:0;padding:0}
@media (max-width:48rem){#drift table{min-width:0}.case .body{padding:.9rem .8rem}.transcript{min-width:0}.transcript thead{display:none}.transcript tr{display:flex;flex-wrap:wrap;border-bottom:1px solid var(--line);padding:.3rem 0}.transcript td{border:0;padding-top:.05rem;padding-bottom:.05rem}.transcript td.text{padding-left:1rem}.filter output{margin-left:0}}
@media print{.filter{display:none}.case>summary{display:block}.case::details-content{content-visibility:visible;display:block}.case{break-inside:auto}}
`
