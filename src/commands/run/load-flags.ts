/** The flags that say how much load, of every command that repeats a scenario; a command may word one its own way. */
export const LOAD_OPTIONS = {
  users: { alias: 'u', type: 'number', describe: 'Scale the scenario to this many users', group: 'Load:' },
  seed: { type: 'number', describe: 'Seed of every random choice', group: 'Load:' },
  workers: { type: 'number', describe: 'Threads that generate load (default: cores − 1)', group: 'Load:' },
  'source-addresses': {
    type: 'string',
    describe: 'Local addresses to connect from: a list, or 127.0.0.2-127.0.0.20',
    group: 'Load:',
  },
  env: {
    alias: 'e',
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'NAME=value for the scenario',
    group: 'Load:',
  },
} as const

/** The flags that change a scenario's timeline. */
export const TIMELINE_OPTIONS = {
  duration: {
    alias: 'd',
    type: 'string',
    describe: 'Stretch or shrink the scenario to this length: 30s, 5m',
    group: 'Load:',
  },
  stage: {
    alias: 's',
    type: 'string',
    array: true,
    describe: 'Replace the users’ stages: -s 30s:100 -s 1m:0',
    group: 'Load:',
  },
} as const

/** The flags that say how results are marked and where they go. */
export const RESULT_OPTIONS = {
  tag: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'name=value to mark the result with',
    group: 'Report:',
  },
  reports: { type: 'string', default: 'reports', describe: 'Directory for reports', group: 'Report:' },
  quiet: {
    alias: 'q',
    type: 'boolean',
    default: false,
    describe: 'No progress, the summary only',
    group: 'Report:',
  },
} as const
