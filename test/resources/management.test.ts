import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readManagement, stateOf, watchManagement } from '../../src/resources/management.ts'

describe('what RabbitMQ’s management says', () => {
  it('is memory, descriptors, sockets and processes over their limits, of the node nearest to them', () => {
    const nodes = [
      { mem_used: 400, mem_limit: 1_000, fd_used: 30, fd_total: 100, sockets_used: 9, sockets_total: 90 },
      { mem_used: 100, mem_limit: 1_000, fd_used: 80, fd_total: 100, proc_used: 5, proc_total: 50 },
    ]
    expect(stateOf(nodes, { object_totals: { connections: 17 } })).toEqual({
      memoryBytes: 500,
      shares: { memory: 0.4, 'file descriptors': 0.8, sockets: 0.1, processes: 0.1 },
      connections: 17,
    })
  })

  it('makes an alarm of memory or disk a share of 1', () => {
    const state = stateOf([{ mem_used: 1, mem_limit: 10, mem_alarm: true, disk_free_alarm: true }], {})
    expect(state.shares).toEqual({ memory: 1, disk: 1 })
  })

  it('is nothing where the answers are of another shape', () => {
    const nothing = { memoryBytes: null, shares: {}, connections: null }
    expect(stateOf('no', undefined)).toEqual(nothing)
    expect(stateOf([{ mem_used: 'much', mem_limit: 0 }, null], { object_totals: 3 })).toEqual({ ...nothing })
  })
})

describe('asking the management', () => {
  let server: Server
  let url: string
  let asked: string[] = []
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`)
      const isKnown = request.headers.authorization === `Basic ${Buffer.from('me:s@crt').toString('base64')}`
      response.statusCode = isKnown ? 200 : 401
      response.end(
        request.url === '/sub/api/nodes'
          ? '[{"mem_used":5,"mem_limit":10}]'
          : '{"object_totals":{"connections":3}}',
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://me:s%40crt@127.0.0.1:${(server.address() as AddressInfo).port}/sub/`
  })
  afterAll(() => void server.close())

  it('logs in as the URL says, under its path', async () => {
    asked = []
    expect(await readManagement(url)).toEqual({ memoryBytes: 5, shares: { memory: 0.5 }, connections: 3 })
    expect(asked.map((each) => each.split(' ')[0] ?? '').toSorted()).toEqual([
      '/sub/api/nodes',
      '/sub/api/overview',
    ])
  })

  it('says what does not let us in, without the password', async () => {
    const failure = await readManagement(url.replace('s%40crt', 'wr0ng')).catch(
      (error: Error) => error.message,
    )
    expect(failure).toContain('401')
    expect(failure).not.toContain('wr0ng')
  })

  it('remembers what was said between two moments', async () => {
    const fromMs = Date.now()
    const watch = watchManagement(url)
    while (watch.most(fromMs, Date.now()) === undefined) await new Promise((resolve) => setImmediate(resolve))
    expect(watch.most(fromMs, Date.now())).toMatchObject({ memoryBytes: 5, connections: 3 })
    expect(watch.most(fromMs - 1_000, fromMs - 1)).toBeUndefined()
    watch.stop()
  })
})
