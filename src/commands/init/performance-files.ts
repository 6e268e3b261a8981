import { readFileSync } from 'node:fs'
import type { CiSystem, InitFile } from './files.ts'

/**
 * What a repository needs to ask in its CI whether it got slower and how much it holds. The texts are the examples of
 * docs/ci, which ship with the package: one copy, tested where it lies.
 */
export function performanceFiles(ci: CiSystem): readonly InitFile[] {
  return [...SHARED, ...JOBS[ci]].map(({ example, ...file }) => ({
    ...file,
    text: readFileSync(new URL(`../../../docs/ci/${example}`, import.meta.url), 'utf8'),
  }))
}

// --- internal ---

type Example = Omit<InitFile, 'text'> & { readonly example: string }

const SHARED: readonly Example[] = [
  {
    example: 'gate.yaml',
    path: 'stompede/gate.yaml',
    purpose: 'what a comparison and a search repeat: 200 users, 62 s',
  },
  {
    example: 'start.sh',
    path: 'stompede/start.sh',
    purpose: 'starts a build of your chat: yours to fill in',
    isExecutable: true,
  },
]

const JOBS: Record<CiSystem, readonly Example[]> = {
  github: [
    {
      example: 'github-gate.yml',
      path: '.github/workflows/stompede-gate.yml',
      purpose: 'the workflow: is a pull request slower than its base?',
    },
    {
      example: 'github-nightly.yml',
      path: '.github/workflows/stompede-nightly.yml',
      purpose: 'the workflow: how much does it hold, and since when is it slower?',
    },
  ],
  gitlab: [
    {
      example: 'gitlab.yml',
      path: '.gitlab/stompede-performance.yml',
      purpose: 'the jobs: the gate, the nightly search and the page of the trend',
    },
  ],
}
