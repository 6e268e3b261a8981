import type { ConformanceResult } from '../../measure/conformance.ts'
import { gateWords } from '../conformance-words.ts'
import { casesPart, type Detail } from './conformance-cases.ts'
import { coveragePart, gateDriftPart, gatePart } from './conformance-run.ts'
import { GATE_SCRIPT } from './conformance-script.ts'
import { GATE_STYLE } from './conformance-style.ts'
import { allCasesPart, matrixPart } from './conformance-tables.ts'
import { gateTilesPart, gateVerdictPart, targetText } from './conformance-verdict.ts'
import { shell } from './shell.ts'
import { STYLE } from './style.ts'
import { momentText } from './verdict.ts'
import { html, isolated } from './markup.ts'
import { bounded } from '../visible.ts'

/**
 * The report of a gate as one page that needs nothing else, in the shell of a run's page: no network, readable without
 * scripts, light and dark, fit for print, at most a megabyte. A pure function of the result.
 */
export function conformancePage(result: ConformanceResult): string {
  let page = ''
  for (const detail of DETAILS) {
    page = pageWith(result, detail)
    if (Buffer.byteLength(page) <= MOST_BYTES) break
  }
  return page
}

// --- internal ---

const MOST_BYTES = 1_000_000

/** How much is told of each case; what a page has no room for is in the evidence files. The first that fits is taken. */
const DETAILS: readonly Detail[] = [
  { text: 2_000, transcript: { lines: 200, characters: 4_000 } },
  { text: 1_500, transcript: { lines: 60, characters: 1_000 } },
  { text: 1_000, transcript: { lines: 24, characters: 400 } },
  { text: 400, transcript: { lines: 12, characters: 200 } },
  { text: 160, transcript: { lines: 6, characters: 120 } },
  { text: 60, transcript: { lines: 0, characters: 0 } },
]

const CHAPTERS = [
  ['sections', 'Sections'],
  ['open', 'Case by case'],
  ['cases', 'All cases'],
  ['drift', 'Drift'],
  ['coverage', 'Coverage'],
  ['run', 'This gate'],
] as const

function pageWith(result: ConformanceResult, detail: Detail): string {
  const { run, environment } = result
  return shell({
    title: `${gateWords(result).word}: ${bounded(targetText(result), 200)}, ${momentText(run.startedAt)}`,
    runId: bounded(run.id, 200),
    chapters: CHAPTERS,
    body: html`${gateVerdictPart(result)}${gateTilesPart(result)}`,
    sections: html`${matrixPart(result)}${casesPart(result, detail)}${allCasesPart(result, detail)}${gateDriftPart(result)}${coveragePart(result)}${gatePart(result)}`,
    footer: html`Stompede ${isolated(environment.stompede)} · result format ${isolated(result.schemaVersion)}
      · what is said here is in <code>result.json</code>`,
    data: [],
    styles: [STYLE, GATE_STYLE],
    scripts: [GATE_SCRIPT],
  })
}
