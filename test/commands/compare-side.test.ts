import { describe, expect, it } from 'vitest'
import yargs, { type Argv } from 'yargs'
import { compareOptions } from '../../src/commands/compare/flags.ts'
import { readSide } from '../../src/commands/compare/side.ts'
import { shownSide, withoutSecrets, withShownSides } from '../../src/commands/compare/secrets.ts'
import type { DeploymentFlags } from '../../src/commands/run/deployment.ts'
import { StompedeError } from '../../src/errors.ts'

const FLAGS = {
  target: 'http://127.0.0.1:8080',
  fault: ['duplicate'],
  service: 'constant(1ms)',
} as DeploymentFlags

const UNNAMED = { url: undefined, stompUrl: undefined }

const messageOf = (text: string): string => {
  try {
    readSide('B', text, FLAGS, UNNAMED)
  } catch (error) {
    if (error instanceof StompedeError && error.code === 'USAGE') return error.message
  }
  throw new Error('nothing was refused')
}

describe('a side', () => {
  it('is a URL', () => {
    const side = readSide('A', 'https://chat.test/chat-ws', FLAGS, UNNAMED)
    expect(side).toMatchObject({
      name: 'A',
      source: 'https://chat.test/chat-ws',
      command: undefined,
      isReference: false,
    })
    expect(side.flags.target).toBe('https://chat.test/chat-ws')
  })

  it('is the reference target with flags of its own', () => {
    const side = readSide(
      'B',
      `target --service "lognormal(4ms, 0.5)" --fault lose:1/9 --fault='leak' --broker=rabbitmq`,
      FLAGS,
      UNNAMED,
    )
    expect(side).toMatchObject({ command: undefined, isReference: true })
    expect(side.flags).toMatchObject({
      target: undefined,
      service: 'lognormal(4ms, 0.5)',
      fault: ['lose:1/9', 'leak'],
      broker: 'rabbitmq',
    })
    // What it does not say is as the command line has it.
    expect(readSide('A', 'target', FLAGS, UNNAMED).flags).toMatchObject({
      service: 'constant(1ms)',
      fault: ['duplicate'],
    })
  })

  it('is a command for the shell', () => {
    const side = readSide('B', ' npx stompede target --port 5700 ', FLAGS, UNNAMED)
    expect(side).toMatchObject({
      command: 'npx stompede target --port 5700',
      source: 'npx …',
      isReference: false,
      flags: FLAGS,
    })
    expect(readSide('B', './target', FLAGS, UNNAMED).command).toBe('./target')
    expect(readSide('B', 'targets --all', FLAGS, UNNAMED).command).toBe('targets --all')
  })

  it('is what a run would talk to where nothing is named', () => {
    const none = { ...FLAGS, target: undefined }
    expect(readSide('A', undefined, FLAGS, UNNAMED)).toMatchObject({
      source: 'http://127.0.0.1:8080',
      flags: FLAGS,
    })
    expect(readSide('A', undefined, none, UNNAMED).source).toBe('the reference target')
    // What the scenario names is what the load goes to.
    const url = 'http://me:fake-one@chat.test/chat-ws'
    expect(readSide('A', undefined, none, { url, stompUrl: undefined }).source).toBe(
      'http://…@chat.test/chat-ws',
    )
    expect(readSide('A', undefined, none, { url: undefined, stompUrl: 'ws://broker.test/ws' }).source).toBe(
      'ws://broker.test/ws',
    )
    expect(readSide('A', undefined, FLAGS, { url, stompUrl: undefined }).source).toBe('http://127.0.0.1:8080')
  })

  it.each([
    ['target --port 5700', '--b: "--port" is not known; "target" takes --service,'],
    ['target 5700', '--b: "5700" is not known;'],
    ['target --service', '--b: --service needs a value;'],
    ['target --service=', '--b: --service needs a value;'],
  ])('is refused as %s', (text, message) => {
    expect(messageOf(text)).toContain(message)
  })
})

describe('a side in a report', () => {
  it.each([
    ['./start-base.sh', './start-base.sh'],
    [' ./start.sh fake-one -p fake-two', './start.sh …'],
    [`DB_LOGIN=fake-one PIN="fake two" X='a' ./start.sh`, './start.sh …'],
    ['PIN=fake-one', '…'],
    ['PIN=$(echo fake-one) ./start.sh', '…'],
    ['PIN=fake\\ one ./start.sh', '…'],
    ['./start.sh;PIN=fake-one', '…'],
    ['"./my start.sh" fake-one', '…'],
    ['(PIN=fake-one ./start.sh)', '…'],
    ['target --service "constant(5ms)"', 'target --service "constant(5ms)"'],
    ['https://me:fake-one@chat.test/x?y=fake-two', 'https://…@chat.test/x?…'],
  ])('written %s reads %s', (written, shown) => {
    expect(shownSide(written)).toBe(shown)
  })

  it('is that wherever the command line names it', () => {
    const words = ['compare', '--a', './a.sh fake-one', '--b=./b.sh;PIN=fake-two', '-e', 'x y', 's.ts']
    expect(withShownSides(words, ['./a.sh fake-one', './b.sh;PIN=fake-two'])).toEqual([
      'compare',
      '--a',
      './a.sh …',
      '--b=…',
      '-e',
      'x y',
      's.ts',
    ])
  })

  it.each([
    [['-a', './a.sh fake-one', '-b', './b.sh fake-two'], '-a ./a.sh … -b ./b.sh …'],
    [['-a=./a.sh fake-one', '-b=./b.sh fake-two'], '-a=./a.sh … -b=./b.sh …'],
    [['-a/a.sh fake-one', '-b/b.sh fake-two'], '-a/a.sh … -b/b.sh …'],
    [['-qa', './a.sh fake-one', '-qb=./b.sh fake-two'], '-qa ./a.sh … -qb=./b.sh …'],
    [['--a', '"./a.sh" "fake-one"', '--b="./b.sh fake-two"'], '--a … --b="./b.sh …"'],
    // One is a part of the other.
    [['-a', './a.sh', '-b', './a.sh fake-one'], '-a ./a.sh -b ./a.sh …'],
  ])('is that in %j, which the parser takes for sides', async (words, shown) => {
    const flags = await compareOptions(yargs(['compare', ...words]) as Argv<object>).parseAsync()
    const line = withShownSides(words, [flags.a, flags.b]).join(' ')
    expect(line).not.toContain('fake')
    expect(line.replaceAll('"', '')).toBe(shown.replaceAll('"', ''))
  })
})

describe('a text in a report', () => {
  it.each([
    ['chat --jwt-secret an-obviously-fake-secret --port 1', 'chat --jwt-secret … --port 1'],
    [`chat --jwt-secret='an obviously fake one' -v`, 'chat --jwt-secret=… -v'],
    ['DB_PASSWORD=fake-one API_TOKEN="fake two" ./start.sh', 'DB_PASSWORD=… API_TOKEN=… ./start.sh'],
    ['chat --amqp-url amqp://guest:fake@127.0.0.1/x', 'chat --amqp-url …'],
    ['chat --db postgres://me:fake@127.0.0.1/x', 'chat --db postgres://…@127.0.0.1/x'],
    ['curl https://chat.test/start?key=fake&x=1', 'curl https://chat.test/start?…'],
    ['curl https://me:fa@ke@chat.test/start#fake', 'curl https://…@chat.test/start#…'],
    ['docker run --rm -p 8080:8080 chat:base', 'docker run --rm -p 8080:8080 chat:base'],
    ['node server.js --keyboard us', 'node server.js --keyboard …'],
  ])('of %s reads %s', (command, shown) => {
    expect(withoutSecrets(command)).toBe(shown)
  })
})
