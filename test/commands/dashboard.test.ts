import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { openDashboard } from '../../src/commands/watch/dashboard.ts'
import type { StompedeError } from '../../src/errors.ts'
import { serveDashboard } from '../../src/report/dashboard/server.ts'
import type { PageParts } from '../../src/report/page/report-page.ts'

const parts = (title: string): PageParts => ({ title, summary: 'a\nb', sections: [], sheets: [] })
const options = { host: '127.0.0.1', port: 0, token: undefined, page: '<p>page</p>' }

/** The status of an answer to a request with these headers; the body is not waited for. */
function statusOf(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method }, (response) => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
      .once('error', reject)
      .end()
  })
}

/** Reads events from their address to the end of the stream. */
async function eventsOf(url: string): Promise<{ name: string; title: string }[]> {
  const text = await (await fetch(`${url}events`)).text()
  return [...text.matchAll(/^event: (\w+)\ndata: (.*)\n\n/gm)].map(([, name = '', data = '']) => ({
    name,
    title: (JSON.parse(data) as PageParts).title,
  }))
}

describe('the server of the live page', () => {
  it('lets in who asks by a loopback address, for what there is', async () => {
    const server = await serveDashboard(options)
    const { url } = server
    const statuses = [
      await statusOf(url),
      await statusOf(`${url}events`),
      await statusOf(`${url}other`),
      await statusOf(url, {}, 'POST'),
      await statusOf(url, { host: 'evil.example' }),
      await statusOf(url, { host: 'localhost:1' }),
    ]
    expect(statuses).toEqual([200, 200, 404, 405, 403, 200])
    expect(await (await fetch(url)).text()).toBe('<p>page</p>')
    await server.close()
  })

  it('wants its token where it has one', async () => {
    const server = await serveDashboard({ ...options, host: '0.0.0.0', token: 'not-a-real+token' })
    const here = server.url.replace('0.0.0.0', '127.0.0.1')
    expect(here).toMatch(/\?token=not-a-real%2Btoken$/)
    const [base = ''] = here.split('?')
    expect(
      await Promise.all(
        [here, here.replace('not', 'nod'), base, `${base}events`].map((url) => statusOf(url)),
      ),
    ).toEqual([200, 401, 401, 401])
    await server.close()
  })

  it('shows late readers the latest parts, everybody the last, and lets go then', async () => {
    const server = await serveDashboard(options)
    const early = eventsOf(server.url)
    await expect.poll(() => server.hasReaders()).toBe(true)
    server.show(parts('first'))
    server.show(parts('second'))
    const late = eventsOf(server.url)
    // Its headers have come, so it is among the readers.
    await new Promise((resolve) => setImmediate(resolve))
    await statusOf(server.url)
    server.end(parts('report'))
    await server.close()
    expect(await early).toEqual([
      { name: 'parts', title: 'first' },
      { name: 'parts', title: 'second' },
      { name: 'over', title: 'report' },
    ])
    expect((await late).at(-1)).toEqual({ name: 'over', title: 'report' })
    await expect(fetch(server.url)).rejects.toThrow('fetch failed')
  })

  it('does not wait for a reader that has gone to sleep', { timeout: 20_000 }, async () => {
    const server = await serveDashboard(options)
    const response = await new Promise<{ destroy(): void }>((resolve) =>
      request(`${server.url}events`, (incoming) => resolve(incoming.pause())).end(),
    )
    const large = parts('x'.repeat(4_000_000))
    for (let i = 0; i < 20; i++) server.show(large)
    server.end(large)
    await server.close()
    response.destroy()
    await expect.poll(() => server.hasReaders()).toBe(false)
  })

  it('has room for so many readers', async () => {
    const server = await serveDashboard(options)
    const readers = await Promise.all(Array.from({ length: 33 }, () => fetch(`${server.url}events`)))
    expect(readers.filter(({ status }) => status === 200)).toHaveLength(32)
    expect(readers.filter(({ status }) => status === 503)).toHaveLength(1)
    server.end(parts('report'))
    await Promise.all(readers.map((reader) => reader.text()))
    await server.close()
  })
})

describe('the flags of the live page', () => {
  const scenario = { name: 'x', durationMs: 1_000 }
  it.each([
    [{ dashboard: '0.0.0.0:0' }, /others can reach 0\.0\.0\.0, so it wants --dashboard-token/],
    [{ dashboard: '[::]:0', 'dashboard-token': '' }, /others can reach ::, so it wants/],
    [{ 'dashboard-token': 'x' }, /--dashboard-token needs --dashboard/],
    [{ dashboard: 'x:y' }, /--dashboard wants \[HOST:\]PORT \(is "x:y"\)/],
    [{ dashboard: '70000' }, /--dashboard wants \[HOST:\]PORT/],
  ])('%j are refused', async (flags, words) => {
    const given = { dashboard: undefined, 'dashboard-token': undefined, ...flags }
    const refusal = openDashboard(given, scenario, () => undefined)
    await expect(refusal).rejects.toMatchObject({ code: 'USAGE' })
    await expect(refusal).rejects.toThrow(words)
  })

  it('name a port that is free, or the run does not begin', async () => {
    const server = await serveDashboard(options)
    const { port } = new URL(server.url)
    const given = { dashboard: port, 'dashboard-token': undefined }
    const refusal = await openDashboard(given, scenario, () => undefined).catch((error: unknown) => error)
    expect((refusal as StompedeError).message).toMatch(/cannot listen at \d+ \(.*EADDRINUSE/)
    await server.close()
  })

  it('open nothing where nothing is asked for', async () => {
    const none = { dashboard: undefined, 'dashboard-token': undefined }
    expect(await openDashboard(none, scenario, () => undefined)).toEqual([])
  })
})
