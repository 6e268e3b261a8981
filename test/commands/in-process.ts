import { vi } from 'vitest'
import yargs, { type Argv, type CommandModule } from 'yargs'
import { flagProblems, type KnownFlags } from '../../src/commands/run/flag-values.ts'
import { StompedeError } from '../../src/errors.ts'

/** What a command printed, and how it ended: without a process of its own, for commands that touch nothing global. */
export interface Ended {
  stdout: string
  /** The error it ended with, if any. */
  error: StompedeError | undefined
}

/** Parses the words as the command line does and runs one command; anything but a StompedeError is thrown on. */
export async function runCommand<Flags>(
  command: CommandModule<object, Flags>,
  words: readonly string[],
): Promise<Ended> {
  let stdout = ''
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  try {
    await (yargs(words as string[]) as Argv<object>)
      .command(command)
      .check((_, known) => {
        const problems = flagProblems(words, known as unknown as KnownFlags)
        if (problems.length > 0) throw new StompedeError('USAGE', problems.join('; '))
        return true
      })
      .strict()
      .exitProcess(false)
      .fail((message, error: Error | undefined) => {
        throw error ?? new StompedeError('USAGE', message)
      })
      .parseAsync()
    return { stdout, error: undefined }
  } catch (error) {
    if (error instanceof StompedeError) return { stdout, error }
    throw error
  } finally {
    spy.mockRestore()
  }
}
