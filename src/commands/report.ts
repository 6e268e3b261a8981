import { dirname, resolve } from 'node:path'
import { statSync } from 'node:fs'
import type { Argv, CommandModule } from 'yargs'
import { readResult, REPORTERS } from '../report/reporters.ts'
import { summarize } from '../report/summary.ts'
import { REPORT_NAMES } from './written-reports.ts'

interface ReportFlags {
  result: string
  out: string[]
}

/** `stompede report`: renders a stored result again. */
export const reportCommand: CommandModule<object, ReportFlags> = {
  command: 'report <result>',
  describe: 'Render a stored result again',
  builder: (yargs: Argv<object>) =>
    yargs
      .positional('result', {
        type: 'string',
        demandOption: true,
        describe: 'A run’s directory or its result.json',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        choices: REPORT_NAMES,
        array: true,
        default: ['html'] as string[],
        describe: 'What to write beside it',
      })
      .example('$0 report reports/20260101-120000-steady', 'the page again, from the stored result'),
  handler: async ({ result: from, out }) => {
    const result = await readResult(from)
    const directory = statSync(from).isDirectory() ? from : dirname(resolve(from))
    const written: string[] = []
    for (const name of out) written.push(await REPORTERS[name as keyof typeof REPORTERS](result, directory))
    process.stdout.write(`${summarize(result, { stream: process.stdout, written })}\n`)
  },
}
