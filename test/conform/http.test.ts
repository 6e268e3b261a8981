import { describe, expect, it } from 'vitest'
import { isOk, isRefused, openHttp, wordsOf } from '../../src/conform/http.ts'
import { startClock } from '../../src/conform/transcript.ts'
import { RawApi, response, type Script } from '../chat/raw-api.ts'

async function asking(
  script: Script,
  test: (api: RawApi, ask: ReturnType<typeof openHttp>['ask']) => Promise<void>,
): Promise<void> {
  await using api = await RawApi.start(script)
  const http = openHttp({}, startClock())
  await test(api, (request, timeoutMs) => http.ask(request, timeoutMs))
  http.close()
}

const post = (api: RawApi, body?: string): Parameters<ReturnType<typeof openHttp>['ask']>[0] => ({
  method: 'POST',
  url: `${api.url}/x`,
  headers: { authorization: 'Bearer ', 'x-odd': 'a' },
  body,
})

describe('a raw request', () => {
  it('has the method, headers and body it was given and no other header of meaning', () =>
    asking(
      (_, socket) => socket.write(response(200, '{"a":1}')),
      async (api, ask) => {
        const answer = await ask(post(api, '{"half'), 1_000)
        expect(answer).toMatchObject({
          status: 200,
          json: { a: 1 },
          contentType: 'application/json',
          failure: null,
        })
        expect(isOk(answer)).toBe(true)
        expect(api.requests[0]).toMatchObject({ line: 'POST /x HTTP/1.1', body: '{"half' })
        expect(Object.keys(api.requests[0]?.headers ?? {}).toSorted()).toEqual([
          'authorization',
          'connection',
          'content-length',
          'host',
          'x-odd',
        ])
        await ask(post(api), 1_000)
        expect(api.requests[1]).toMatchObject({ connection: 1, nth: 2, headers: { 'content-length': '0' } })
      },
    ))

  it('keeps an answer that is no JSON, and does not follow redirects', () =>
    asking(
      (_, socket) =>
        socket.write(
          response(302, '<html>', { location: 'http://127.0.0.1:9/', 'content-type': 'text/html' }),
        ),
      async (api, ask) => {
        const answer = await ask(post(api), 1_000)
        expect(answer).toMatchObject({
          status: 302,
          json: undefined,
          text: '<html>',
          headers: { location: 'http://127.0.0.1:9/' },
        })
        expect([isOk(answer), isRefused(answer), wordsOf(answer)]).toEqual([false, false, '302 <html>'])
      },
    ))

  it('that gets no answer, or half of one, is data within its time', () =>
    asking(
      ({ nth, connection }, socket) => {
        if (connection === 1 && nth === 1) socket.write(response(200, '{}').subarray(0, 30))
        else if (connection === 2) socket.resetAndDestroy()
        else socket.write('no http\r\n\r\n')
      },
      async (api, ask) => {
        expect(await ask(post(api), 100)).toMatchObject({ status: 0, failure: 'not answered within 100 ms' })
        expect((await ask(post(api), 1_000)).failure).toMatch(/ECONNRESET|socket hang up/)
        expect((await ask(post(api), 1_000)).failure).toMatch(/Parse Error/)
        expect((await ask({ ...post(api), url: 'http://127.0.0.1:9/' }, 1_000)).failure).toMatch(
          /ECONNREFUSED/,
        )
      },
    ))
})
