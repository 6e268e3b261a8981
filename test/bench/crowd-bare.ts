/**
 * The other side of the crowd rows, the least that does the same: undici's `request` for POST /connect, a `ws` client with
 * one message listener, CONNECT, the same SUBSCRIBEs with receipts. Nothing is parsed, checked, timed or kept.
 */
import { Pool } from 'undici'
import { WebSocket } from 'ws'
import { openTokens, type Tokens } from '../../src/chat/tokens.ts'
import { cpuUs, type CrowdOrder, type CrowdPoint, type FromCrowd, hold, tokensOf } from './crowd.ts'

process.on('message', (order: CrowdOrder) => void bringUp(order))
process.on('disconnect', () => process.exit(0))
tell({ kind: 'ready' })

async function bringUp(order: CrowdOrder): Promise<void> {
  const { apiUrl, users, perSecond, holdS, sourceAddresses } = order
  const pool = new Pool(new URL(apiUrl).origin, { connections: 2_048, pipelining: 1 })
  const tokens = await openTokens(await tokensOf(order))
  const crowd: Crowd = { pool, tokens, sourceAddresses, up: 0, deliveries: 0, isUp: Promise.withResolvers() }
  const points: CrowdPoint[] = []
  const began = performance.now()
  const beforeUs = cpuUs()
  const take = (): void => {
    points.push({ atS: (performance.now() - began) / 1e3, users: crowd.up, cpuUs: cpuUs() - beforeUs })
  }
  const ticks = setInterval(take, 1000)
  for (let started = 0; started < users;) {
    const due = Math.min(users, Math.ceil(((performance.now() - began) / 1e3) * perSecond))
    for (; started < due; started++) void comeUp(crowd, started, users)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await crowd.isUp.promise
  take()
  clearInterval(ticks)
  tell({ kind: 'up', points, deliveries: crowd.deliveries })
  if (holdS > 0) tell(await hold(holdS))
}

interface Crowd {
  pool: Pool
  tokens: Tokens
  sourceAddresses: readonly string[]
  up: number
  deliveries: number
  isUp: PromiseWithResolvers<void>
}

async function comeUp(crowd: Crowd, index: number, users: number): Promise<void> {
  const { userId, token } = await crowd.tokens.identityOf(index)
  const { body } = await crowd.pool.request({
    method: 'POST',
    path: '/chat-ws/connect',
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
  })
  const { connectionInfo, subscriptions } = (await body.json()) as {
    connectionInfo: { stompUrl: string; username: string; password: string; vhost: string }
    subscriptions: { destination: string }[]
  }
  const destinations = subscriptions.map(({ destination }) => destination)
  destinations.push(`/exchange/chat.direct/user.${userId}`)
  const { stompUrl, username, password, vhost } = connectionInfo
  const localAddress = crowd.sourceAddresses[index % crowd.sourceAddresses.length]
  const ws = new WebSocket(stompUrl, ['v12.stomp', 'v11.stomp', 'v10.stomp'], {
    perMessageDeflate: false,
    ...(localAddress === undefined ? {} : { localAddress }),
  })
  ws.on('open', () =>
    ws.send(
      `CONNECT\nlogin:${username}\npasscode:${password}\nhost:${vhost}\naccept-version:1.2,1.1,1.0\nheart-beat:0,0\n\n\0`,
    ),
  )
  let receipts = -1
  ws.on('message', (data: Buffer) => {
    if (receipts === destinations.length || data[0] === M) {
      crowd.deliveries++
      return
    }
    receipts++
    if (receipts === 0) {
      for (const [i, destination] of destinations.entries())
        ws.send(`SUBSCRIBE\nreceipt:r${i + 1}\nid:s${i}\ndestination:${destination}\n\n\0`)
    } else if (receipts === destinations.length && ++crowd.up === users) crowd.isUp.resolve()
  })
}

/** MESSAGE begins so; CONNECTED and RECEIPT do not. */
const M = 'M'.charCodeAt(0)

function tell(message: FromCrowd): void {
  process.send?.(message)
}
