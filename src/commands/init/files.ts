/** One file that `stompede init` writes: where, what for, and its text. */
export interface InitFile {
  readonly path: string
  readonly purpose: string
  readonly text: string
  /** Whether it is a program. */
  readonly isExecutable?: boolean
}

/** The CI systems that `stompede init` writes a job for. */
export const CI_SYSTEMS = ['github', 'gitlab'] as const
export type CiSystem = (typeof CI_SYSTEMS)[number]

/** What a repository needs to run Stompede in its CI. Pure: the same for everybody. */
export function initFiles(ci: CiSystem): readonly InitFile[] {
  return [
    { path: SCENARIO, purpose: 'what simulated users do: 20 users, 15 s', text: scenarioText },
    { path: KNOWN_FAILURES, purpose: 'rules your chat may break until a day', text: knownFailuresText },
    CI_FILE[ci],
  ]
}

// --- internal ---

const SCENARIO = 'stompede/scenario.yaml'
const KNOWN_FAILURES = 'stompede/known-failures.yaml'
const REPORTS = 'stompede-reports'

const scenarioText = `# What \`stompede run ${SCENARIO}\` lets simulated users do.
# Change the numbers, then: npx stompede run ${SCENARIO} -d 5s
description: Everyday chat, small enough for every push

# 20 users arrive within 3 s and stay for 12 s. -u and -d scale both.
users:
  executor: ramping-vus
  stages:
    - { duration: 3s, target: 20 }
    - { duration: 12s, target: 20 }

# Against your own chat its rooms are those POST /connect lists; these describe the reference target's.
rooms: { perUser: 2, size: 5 }

activities:
  chat:
    executor: constant-arrival-rate
    startTime: 4s
    duration: 9s
    ratePerUser: 0.1 # each user does something every 10 s; typing alone takes up to 5
    exec: { say: 90, hop: 10 }

# Lost, duplicated, reordered or leaked messages and broken payloads fail a run without being named here.
thresholds:
  message_delivery: ['p(95)<1000'] # ms from the planned moment of a message to each receipt
  http_req_failed: ['rate<0.01']

# Shared CI machines are slow: what is asked here is whether every message arrives, less how fast.
validity: { lateness: 250ms, loopDelay: 250ms, cpuShare: 1 }
`

const knownFailuresText = `# Rules that \`stompede conform\` may find broken without failing the gate. An entry that has expired, or whose rule
# passes after all, fails it: so that nothing stays here for ever. An INCONCLUSIVE rule is excused like a FAIL.
#
# What the documented design fails anyway (one broker login for all, a direct exchange) ships with Stompede: the job also
# names \`--known-failures documented-design\`. Once your chat keeps its users apart those rules pass, and the gate says so:
# then take that flag out of the job.
#
# - id: HTTP-AUTH-07          # npx stompede conform --list
#   target: 'https://chat.example.com/*'   # optional: only there
#   profile: rabbitmq-3.12    # optional: only with such a broker
#   reason: A 401 comes without WWW-Authenticate.
#   link: https://tracker.example.com/CHAT-17
#   expires: '2027-03-31'     # the last day it is accepted
[]
`

/** A chat on a loopback address needs no permission, and an empty flag would be refused. */
const TARGET = '--target "$CHAT_URL" ${CHAT_HOST:+--allow-target "$CHAT_HOST"}'

const conform = (out: string): string =>
  `npx --no -- stompede conform ${TARGET} --known-failures documented-design --known-failures ${KNOWN_FAILURES} ${out} --reports ${REPORTS}`
const run = `npx --no -- stompede run ${SCENARIO} ${TARGET} --reports ${REPORTS}`

const CI_FILE: Record<CiSystem, InitFile> = {
  github: {
    path: '.github/workflows/stompede.yml',
    purpose: 'the workflow: conformance, then load',
    text: `# Use test users and test rooms: both commands write into rooms, leave and join them, and say goodbye for their users.
# Variables of the repository: CHAT_URL (https://chat.example.com/chat-ws), CHAT_HOST (chat.example.com: may be
# loaded; not needed for a loopback address). Secret: CHAT_JWT_SECRET, with which tokens of test users are signed
# (HS256; other ways: docs/ci.md of Stompede).
name: chat

on:
  push:
    branches: [main]
  pull_request:
  workflow_dispatch:

permissions:
  contents: read

# Two runs at once would measure each other.
concurrency:
  group: stompede
  cancel-in-progress: false

jobs:
  stompede:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    env:
      CHAT_URL: \${{ vars.CHAT_URL }}
      CHAT_HOST: \${{ vars.CHAT_HOST }}
      STOMPEDE_JWT_SECRET: \${{ secrets.CHAT_JWT_SECRET }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - run: npm ci
      # Without a target Stompede would check its own reference target, and be green about nothing.
      - name: Is the chat named?
        run: test -n "$CHAT_URL" || { echo '::error::set the variable CHAT_URL of this repository'; exit 2; }
      - name: Does it honour its contract?
        run: ${conform('--out html --out junit --out github')}
      - name: Does every message arrive?
        if: \${{ !cancelled() && env.CHAT_URL != '' }}
        run: ${run}
      - uses: actions/upload-artifact@v4
        if: \${{ always() }}
        with:
          name: ${REPORTS}
          path: ${REPORTS}/
          if-no-files-found: ignore
`,
  },
  gitlab: {
    path: '.gitlab/stompede.yml',
    purpose: 'the jobs: conformance, then load',
    text: `# Use test users and test rooms: both commands write into rooms, leave and join them, and say goodbye for their users.
# Include it in .gitlab-ci.yml:
#   include: { local: .gitlab/stompede.yml }
# CI/CD variables of the project: CHAT_URL (https://chat.example.com/chat-ws), CHAT_HOST (chat.example.com: may be
# loaded; not needed for a loopback address), STOMPEDE_JWT_SECRET, masked, with which tokens of test users are signed
# (HS256; other ways: docs/ci.md of Stompede).
.stompede:
  stage: test
  image: node:24
  # Two jobs at once would measure each other.
  resource_group: stompede
  timeout: 15 minutes
  before_script:
    - npm ci
    # Without a target Stompede would check its own reference target, and be green about nothing.
    - test -n "$CHAT_URL" || { echo 'set the CI/CD variable CHAT_URL'; exit 2; }
  artifacts:
    when: always
    paths: [${REPORTS}/]
    expire_in: 30 days

chat-conformance:
  extends: .stompede
  script:
    - ${conform('--out html --out junit')}
  artifacts:
    reports:
      junit: ${REPORTS}/*/junit.xml

chat-load:
  extends: .stompede
  script:
    - ${run}
`,
  },
}
