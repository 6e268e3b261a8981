/**
 * Exit codes of the command line. k6's numbers where the meaning is the same; ours below 20.
 * The table in README.md is checked against this one by a test.
 */
export const EXIT = {
  pass: 0,
  internal: 1,
  usage: 2,
  conformance: 10,
  delivery: 11,
  regression: 12,
  inconclusive: 13,
  unreachable: 14,
  threshold: 99,
  invalidScenario: 104,
  signal: 105,
  scenarioException: 107,
  thresholdAbort: 108,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Which exit code each known error ends the process with. The key is the stable code users may match on. */
const EXIT_OF = {
  USAGE: EXIT.usage,
  TARGET_NOT_ALLOWED: EXIT.usage,
  SCENARIO_UNREADABLE: EXIT.invalidScenario,
  SCENARIO_INVALID: EXIT.invalidScenario,
  CONTRACT_INVALID: EXIT.invalidScenario,
  TOKENS_INVALID: EXIT.invalidScenario,
  RESULT_UNREADABLE: EXIT.usage,
  EVENTS_UNREADABLE: EXIT.usage,
  TARGET_UNREACHABLE: EXIT.unreachable,
  TARGET_FAILED: EXIT.unreachable,
  BROKER_UNAVAILABLE: EXIT.unreachable,
  TOKEN_REFUSED: EXIT.unreachable,
  SCENARIO_EXCEPTION: EXIT.scenarioException,
  REPORT_UNWRITABLE: EXIT.usage,
} as const

export type ErrorCode = keyof typeof EXIT_OF

/**
 * An error the user can act on: printed as one line per problem, never as a stack.
 * The message states the rule and the offending value; `problems` lists several faults found together.
 */
export class StompedeError extends Error {
  readonly code: ErrorCode
  readonly problems: readonly string[]

  constructor(
    code: ErrorCode,
    message: string,
    options: { problems?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'StompedeError'
    this.code = code
    this.problems = options.problems ?? []
  }

  get exitCode(): ExitCode {
    return EXIT_OF[this.code]
  }
}

/** The text of anything thrown, in one line: message, then the cause's code where Node gives one. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const { code } = thrown as { code?: unknown }
  const text = thrown.message || thrown.name
  // A DOMException's code is a number that says nothing.
  const own = typeof code === 'string' && !text.includes(code) ? `${code}: ${text}` : text
  if (thrown.message === '' && thrown.cause !== undefined) return `${own}: ${reasonOf(thrown.cause)}`
  return own.replaceAll(/\s*\n\s*/g, ' ')
}
