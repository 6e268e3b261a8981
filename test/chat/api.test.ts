import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type ChatApi, openChatApi } from '../../src/chat/api.ts'
import { type ContractIssue, loadContract } from '../../src/chat/contract.ts'

const contract = loadContract()
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(handler).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function open(baseUrl: string, timeoutMs = 2_000): { api: ChatApi; issues: ContractIssue[] } {
  const issues: ContractIssue[] = []
  const api = openChatApi({ baseUrl, contract, timeoutMs, onIssue: (issue) => issues.push(issue) })
  closing.push(() => api.close())
  return { api, issues }
}

function answer(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response
    .writeHead(status, { 'content-type': type })
    .end(typeof body === 'string' ? body : JSON.stringify(body))
}

describe('the chat API client', () => {
  it('tells of calls that wait for a connection of ours, and of no others', async () => {
    const waiting: ServerResponse[] = []
    const url = await serve((_, response) => {
      waiting.push(response)
      if (waiting.length === 2) for (const each of waiting) answer(each, 200, { success: true })
      if (waiting.length > 2) answer(response, 200, { success: true })
    })
    let waits = 0
    const api = openChatApi({
      baseUrl: url,
      contract,
      timeoutMs: 2_000,
      connections: 2,
      onIssue: () => undefined,
      onWait: () => waits++,
    })
    closing.push(() => api.close())
    const call = (): Promise<{ kind: string }> => api.call('disconnect', 'not-a-real-token')
    const answers = await Promise.all([call(), call(), call()])
    expect([waits, answers.map(({ kind }) => kind)]).toEqual([1, ['answered', 'answered', 'answered']])
    await call()
    expect(waits).toBe(1)
  })

  it('sends what the guide documents: path, bearer token, JSON', async () => {
    const seen: unknown[] = []
    const url = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        seen.push([
          request.method,
          request.url,
          request.headers.authorization,
          request.headers['content-type'],
          body,
        ])
        answer(response, 201, { status: 'left' })
      })
    })
    for (const base of [
      url,
      `${url}/`,
      `${url}/chat-ws`,
      `${url}/chat-ws/`,
      `${url}/behind/a/proxy/chat-ws`,
    ]) {
      const { api } = open(base)
      await api.call('typing-start', 'fake.jwt.token', { roomId: 5 })
    }
    const { api } = open(url)
    await api.call('leave-room', 'fake.jwt.token', undefined, 12)
    expect(seen).toEqual([
      ...Array.from({ length: 4 }, () => [
        'POST',
        '/chat-ws/typing-start',
        'Bearer fake.jwt.token',
        'application/json',
        '{"roomId":5}',
      ]),
      [
        'POST',
        '/behind/a/proxy/chat-ws/typing-start',
        'Bearer fake.jwt.token',
        'application/json',
        '{"roomId":5}',
      ],
      ['POST', '/chat-ws/leave-room/12', 'Bearer fake.jwt.token', undefined, ''],
    ])
  })

  it('hands over the body and holds it to the contract', async () => {
    const url = await serve((_, response) => answer(response, 200, { status: 'joined' }))
    const { api, issues } = open(url)
    const joined = await api.call('join-room', 'fake', { roomId: 1 })
    expect(joined).toMatchObject({ kind: 'answered', status: 200, isOk: true, body: { status: 'joined' } })
    expect(issues.map(({ kind, rule }) => [kind, rule])).toEqual([
      ['violation', 'join-room-response/required/subscription'],
    ])
  })

  it('takes refusals and server errors for answers, not for exceptions', async () => {
    const url = await serve((request, response) =>
      answer(response, request.url?.endsWith('connect') === true ? 401 : 503, '<h1>no</h1>', 'text/html'),
    )
    const { api } = open(url)
    expect(await api.call('connect', 'fake')).toMatchObject({ kind: 'answered', status: 401, isOk: false })
    expect(await api.call('send-message', 'fake', {})).toMatchObject({
      kind: 'answered',
      status: 503,
      isOk: false,
      body: undefined,
    })
  })

  it('gives a whole call one limit, however slowly the answer trickles', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 30)
      response.on('close', () => clearInterval(timer))
    })
    const { api } = open(url, 300)
    const slow = await api.call('connect', 'fake')
    expect(slow).toMatchObject({ kind: 'failed', class: 'timeout' })
    expect(slow.doneUs - slow.sentUs).toBeLessThan(2_000_000)
  })

  it('tells a refused connection from a reset one and from an answer that is not HTTP', async () => {
    const raw = async (onConnection: (socket: Socket) => void): Promise<string> => {
      const server = createTcpServer(onConnection).listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      closing.push(() => new Promise((resolve) => server.close(resolve)))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    }
    const gone = await raw(() => {})
    await closing.pop()?.()
    const resetting = await raw((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const garbage = await raw((socket) => socket.once('data', () => socket.end('this is not HTTP\r\n\r\n')))
    const classes: unknown[] = []
    for (const url of [gone, resetting, garbage]) {
      const failed = await open(url).api.call('connect', 'fake.secret.token')
      expect(JSON.stringify(failed)).not.toContain('fake.secret.token')
      classes.push(failed.kind === 'failed' ? failed.class : failed.kind)
    }
    expect(classes).toEqual(['refused', 'reset', 'malformed'])
  })
})
