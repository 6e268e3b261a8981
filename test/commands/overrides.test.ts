import { afterEach, describe, expect, it, vi } from 'vitest'
import { type LoadFlags, overridesOf } from '../../src/commands/run/overrides.ts'

const flags: LoadFlags = {
  users: undefined,
  duration: undefined,
  stage: undefined,
  seed: undefined,
  workers: undefined,
  env: [],
  tag: [],
  flavour: undefined,
  'first-user': 1,
}

describe('the tags of a run', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('are those of --tag alone: the commit of a CI job need not be the one that is tested', () => {
    vi.stubEnv('GITHUB_SHA', 'c0ffee1')
    vi.stubEnv('CI_COMMIT_SHA', 'c0ffee1')
    expect(overridesOf(flags).tags).toEqual({})
    expect(overridesOf({ ...flags, tag: ['commit=abcdef1', 'build=7=8'] }).tags).toEqual({
      commit: 'abcdef1',
      build: '7=8',
    })
  })
})
