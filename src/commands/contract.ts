import type { Argv, CommandModule } from 'yargs'
import { diffContracts, type ContractDiff } from '../chat/contract-diff.ts'
import { lintContract, type ContractLint } from '../chat/contract-lint.ts'
import { EXIT, StompedeError } from '../errors.ts'
import { visibleLine } from '../report/visible.ts'

interface ContractFlags {
  json: boolean
  contract: string | undefined
}

/** `stompede contract lint` and `stompede contract diff`: the contract's own files, without any target. */
export function contractCommand(onExit: (code: number) => void): CommandModule<object, ContractFlags> {
  return {
    command: 'contract',
    describe: 'Check the files of a contract, or tell what changed between two',
    builder: (yargs: Argv<object>) =>
      yargs
        .option('json', { type: 'boolean', default: false, describe: 'Print JSON instead of lines' })
        .option('contract', { type: 'string', describe: 'lint: the directory, as for other commands' })
        .command({
          command: 'lint [directory]',
          describe: 'Check a contract: schemas, examples, references, reachability (exit 104 on problems)',
          builder: (inner: Argv<ContractFlags>) =>
            inner
              .positional('directory', {
                type: 'string',
                describe: 'Directory of the contract (default: the product’s own)',
              })
              .example('$0 contract lint contract/', 'every problem of every file, one a line'),
          handler: (flags) => onExit(lint(flags)),
        })
        .command({
          command: 'diff <before> <after>',
          describe: 'Tell what breaks clients written for the first contract (exit 10 if anything does)',
          builder: (inner: Argv<ContractFlags>) =>
            inner
              .positional('before', {
                type: 'string',
                demandOption: true,
                describe: 'Directory of the old one',
              })
              .positional('after', {
                type: 'string',
                demandOption: true,
                describe: 'Directory of the new one',
              })
              .example(
                '$0 contract diff contract/ next/',
                'what breaks clients of the first, and what does not',
              ),
          handler: (flags) => onExit(diff(flags)),
        })
        .demandCommand(1, 'Name what to do: lint or diff.')
        .example('$0 contract lint contract/', 'every problem of every file, one a line')
        .example('$0 contract diff contract/ next/ --json', 'for a gate of your own'),
    handler: () => {},
  }
}

// --- internal ---

function lint({ directory, contract, json }: ContractFlags & { directory: string | undefined }): number {
  if (directory !== undefined && contract !== undefined)
    throw new StompedeError('USAGE', 'name the directory once: contract lint DIR, or --contract DIR')
  const result = lintContract(directory ?? contract)
  process.stdout.write(`${json ? JSON.stringify(result, undefined, 2) : lintText(result)}\n`)
  return result.problems.length === 0 ? EXIT.pass : EXIT.invalidScenario
}

function lintText({ directory, problems, checked }: ContractLint): string {
  const { events, calls, schemas, valid, invalid } = checked
  const looked = `${events} events, ${calls} calls, ${schemas} schemas, ${valid} examples, ${invalid} invalid examples`
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const total = problems.length === 0 ? 'No problems' : count
  return [...problems, `${total} in ${directory}: ${looked}`].map(visibleLine).join('\n')
}

function diff({ before, after, json, contract }: ContractFlags & { before: string; after: string }): number {
  if (contract !== undefined)
    throw new StompedeError('USAGE', 'contract diff takes two directories, not --contract')
  const result = diffContracts(before, after)
  process.stdout.write(`${json ? JSON.stringify(result, undefined, 2) : diffText(result)}\n`)
  return result.counts.breaking === 0 ? EXIT.pass : EXIT.conformance
}

/** One line a change, as wide as its longest part; then how many of each class. */
function diffText({ changes, counts, from, to }: ContractDiff): string {
  const rows = changes.map(({ class: changeClass, where, path, detail }) =>
    [changeClass, where, path === '' ? '–' : path, detail].map(visibleLine),
  )
  const widths = [0, 1, 2].map((i) => Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)))
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '))
  const total =
    changes.length === 0
      ? 'Nothing changed that clients could see'
      : `${counts.breaking} breaking, ${counts.unclear} unclear, ${counts['non-breaking']} non-breaking`
  const sides = visibleLine(`${from.source} (${from.digest}) → ${to.source} (${to.digest})`)
  return [...lines, ...(lines.length > 0 ? [''] : []), `${total}: ${sides}`].join('\n')
}
