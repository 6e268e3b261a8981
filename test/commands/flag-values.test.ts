import { describe, expect, it } from 'vitest'
import { flagProblems, type KnownFlags } from '../../src/commands/run/flag-values.ts'

const known: KnownFlags = {
  key: Object.fromEntries(
    ['users', 'u', 'target', 'env', 'e', 'quiet', 'q', 'out', 'o', 'jwt-secret', 'port'].map((name) => [
      name,
      true,
    ]),
  ),
  alias: { users: ['u'], env: ['e'], quiet: ['q'], out: ['o'] },
  boolean: ['quiet', 'q'],
  number: ['users', 'u', 'port'],
  array: ['env', 'e', 'out', 'o'],
}

describe('the values of flags', () => {
  it.each([
    '-u 5',
    '-u5',
    '-u=5',
    '-qu 5',
    '--users=5 --quiet',
    '--users 5 -q --no-quiet',
    '--quiet=false -o html -o json',
    '-o html json -e A=1 -e B=2 -e C=',
    '--port -5',
    '--jwtSecret x',
    '--unknown -x',
    '-- -u',
  ])('are right in: %s', (line) => {
    expect(flagProblems(line.split(' '), known)).toEqual([])
  })

  it.each([
    ['-u', ['--users needs a value']],
    ['--users=', ['--users needs a value']],
    ['-u -q', ['--users needs a value']],
    ['-qu', ['--users needs a value']],
    ['-u abc', ['--users wants a number (is "abc")']],
    ['--port 80x', ['--port wants a number (is "80x")']],
    ['--target', ['--target needs a value']],
    ['--target --users 5', ['--target needs a value']],
    ['-e A=1 -e', ['--env needs a value']],
    ['-o', ['--out needs a value']],
    ['--jwtSecret', ['--jwt-secret needs a value']],
    ['--no-target', ['--target needs a value']],
    ['--quiet=maybe', ['--quiet takes no value (is "maybe")']],
    ['-u 5 --users 6', ['--users is given more than once']],
    ['-u -e --target', ['--users needs a value', '--env needs a value', '--target needs a value']],
  ])('are wrong in: %s', (line, problems) => {
    expect(flagProblems(line.split(' '), known)).toEqual(problems)
  })
})
