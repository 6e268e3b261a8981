import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadContract } from '../../src/chat/contract.ts'
import { DEFAULT_CLAIMS, openTokens, type Tokens } from '../../src/chat/tokens.ts'
import { probe, type ProbeRequest } from '../../src/engine/probe.ts'
import { RawApi, response } from '../chat/raw-api.ts'
import { ScriptedBroker } from '../stomp/scripted-broker.ts'
import { TEST_ONLY_CERTIFICATE } from '../stomp/test-only-certificate.ts'

const contract = loadContract()
let tokens: Tokens
beforeAll(async () => {
  tokens = await openTokens({
    kind: 'minted',
    key: 'an-obviously-fake-secret',
    algorithm: 'HS256',
    claims: DEFAULT_CLAIMS,
    firstUserId: 1,
    lifetimeS: 60,
  })
})

/** The one step that failed, or the last. */
async function lastStep(request: Partial<ProbeRequest>) {
  const steps = await probe({
    apiUrl: undefined,
    stomp: undefined,
    contract,
    tokens,
    tls: {},
    driver: 'lean',
    flavour: 'web',
    timeoutMs: 1_000,
    isAllowed: () => true,
    withMessage: false,
    ...request,
  })
  expect(steps.filter(({ isOk }) => !isOk).length).toBeLessThan(2)
  return steps.at(-1)
}

function brokerAt(url: string) {
  return { url, login: 'guest', passcode: 'fake-passcode', vhost: '/' }
}

describe('the preflight', () => {
  let secure: ScriptedBroker
  beforeAll(async () => {
    secure = await ScriptedBroker.start({ tls: true })
  })
  afterAll(async () => {
    await secure[Symbol.asyncDispose]()
  })

  it('names the broker that cannot be reached', async () => {
    expect(await lastStep({ stomp: brokerAt('ws://user:secret@127.0.0.1:9/ws?key=secret') })).toEqual({
      name: 'broker',
      isOk: false,
      detail: 'ws://127.0.0.1:9/ws: closed: refused, 1006 connect ECONNREFUSED 127.0.0.1:9',
    })
  })

  it('says what to do about a certificate that nobody vouches for', async () => {
    const refused = await lastStep({ stomp: brokerAt(secure.url) })
    expect(refused?.detail).toMatch(
      /^wss:\/\/127\.0\.0\.1:\d+\/ws: .*self-signed certificate; trust its authority with --ca FILE, or any certificate with --insecure$/,
    )
    const api = await lastStep({ apiUrl: secure.url.replace('wss', 'https').replace('/ws', '') })
    expect(api).toMatchObject({ name: 'api', isOk: false })
    expect(api?.detail).toMatch(/^https:.* does not answer: .*self-signed.*--ca FILE.*--insecure$/)
  })

  it('takes either advice', async () => {
    for (const tls of [{ ca: TEST_ONLY_CERTIFICATE }, { insecure: true }]) {
      const walking = lastStep({ stomp: brokerAt(secure.url), tls })
      const broker = await secure.accept()
      await broker.welcome('version:1.2', 'server:Scripted/1')
      await broker.grant()
      broker.socket.close(1000)
      expect(await walking).toMatchObject({
        name: 'broker',
        isOk: true,
        detail: expect.stringMatching(/^127\.0\.0\.1:\d+ speaks STOMP 1\.2 \(Scripted\/1\)$/),
      })
    }
  })

  it('tells what an unusable answer of POST /connect lacks, and falls over none', async () => {
    const info = { stompUrl: 'no url', username: 'u', password: 'p' }
    const answers: [body: string, detail: RegExp][] = [
      ['null', /does not say where the broker is: is that the chat API\?$/],
      ['[]', /does not say where the broker is/],
      ['{"connectionInfo":null,"subscriptions":{}}', /does not say where the broker is/],
      [JSON.stringify({ connectionInfo: { ...info, password: 7 } }), /does not say where the broker is/],
      [
        JSON.stringify({ connectionInfo: info, subscriptions: [null, 5] }),
        /^POST \/connect names a broker whose address is no URL: "no url"$/,
      ],
      [
        JSON.stringify({ connectionInfo: { ...info, stompUrl: 'ws://127.0.0.1:9/' }, subscriptions: [null] }),
        /^ws:\/\/127\.0\.0\.1:9\/: closed: refused/,
      ],
    ]
    for (const [body, detail] of answers) {
      await using api = await RawApi.start((_, socket) => void socket.write(response(201, body)))
      const step = await lastStep({ apiUrl: api.url })
      expect(step).toMatchObject({ name: 'broker', isOk: false })
      expect(step?.detail).toMatch(detail)
    }
  })

  it('does not contact a host that nobody named', async () => {
    const step = await lastStep({ stomp: brokerAt('wss://chat.example/ws'), isAllowed: () => false })
    expect(step?.detail).toBe('chat.example is not a loopback address; name its host with --allow-target')
  })
})
