import type { Contract, ContractIssue, NewMessage } from '../chat/contract.ts'
import type { Tokens } from '../chat/tokens.ts'
import type { Drift } from '../measure/drift.ts'
import type { Findings } from '../measure/findings.ts'
import type { Ledger, Seat } from '../measure/ledger.ts'
import type { Metrics } from '../measure/metrics.ts'
import { emptyToken, isIntact, readToken } from '../measure/token.ts'
import type { StompMessage } from '../stomp/client.ts'
import { type Reading, Readings } from './reading.ts'

/** A subscription of one user: what it listens to and, for a room, its seat in the ledger. */
export interface Listening {
  readonly id: string
  readonly destination: string
  /** The room, where the destination is one. */
  readonly roomId: number | undefined
  readonly seat: Seat | undefined
  /** For raw STOMP: hears every body; the contract does not apply. */
  readonly onBody: ((body: string) => void) | undefined
}

/** Judges every MESSAGE of a shard: bytes are parsed, held to the contract, settled in the ledger, timed. */
export interface Reception {
  receive(listening: Listening, message: StompMessage, receivedUs: number): void
}

export interface ReceptionParts {
  contract: Contract
  ledger: Ledger
  metrics: Metrics
  findings: Findings
  /** What was seen of the contract, and what beside it. */
  drift: Drift
  tokens: Tokens
  /** The code of this run in message tokens; other codes are other people's traffic. */
  runCode: string
  startUs: number
}

/** Makes the receive path of a shard. It runs once a delivery: nothing here allocates when all is well. */
export function newReception(parts: ReceptionParts): Reception {
  const { contract, ledger, metrics, findings, drift, tokens, runCode, startUs } = parts
  const { counters } = metrics
  const readings = new Readings()
  /** Faults found since the current body was begun. */
  let faults = 0
  /** Server ids of the messages on record, to catch an id given twice. Pruned with the ledger's own memory. */
  const ids = new Map<number, string>()
  let current: { listening: Listening; message: StompMessage; receivedUs: number }

  const find = (kind: 'violation' | 'drift', rule: string, path: string, detail: string): void => {
    faults++
    counters[kind === 'violation' ? 'contract_violations' : 'contract_drift']++
    const { listening, message, receivedUs } = current
    findings.find(
      { kind, rule, path, detail },
      listening.destination,
      message.body,
      (receivedUs - startUs) / 1e3,
    )
  }
  const onIssue = (issue: ContractIssue): void => find(issue.kind, issue.rule, issue.path, issue.detail)

  /** What the content of a chat message says of where it belongs, and whether it is what was sent. */
  const readContent = (event: NewMessage): Reading => {
    // The contract may have been violated: the fields are whatever came.
    const content: unknown = event.message?.content
    const token = emptyToken()
    if (typeof content !== 'string' || !readToken(content, token)) {
      if (typeof content !== 'string' || !content.startsWith(`~${runCode}`))
        return { event, token: 'foreign' }
      find('violation', 'chat/content-changed', '/message/content', 'the token in the content is damaged')
      return { event, token: 'damaged' }
    }
    if (token.run !== runCode) return { event, token: 'foreign' }
    if (!isIntact(content)) {
      counters.deliveries_corrupted++
      find('violation', 'chat/content-changed', '/message/content', 'the content is not what was sent')
    }
    if (event.message.sender_id !== tokens.userIdOf(token.sender)) {
      find(
        'violation',
        'chat/sender-id',
        '/message/sender_id',
        `sender_id is not the sender (${tokens.userIdOf(token.sender)})`,
      )
    }
    return { event, token }
  }

  const settleMessage = (
    event: NewMessage,
    token: Reading['token'],
    listening: Listening,
    receivedUs: number,
  ): void => {
    if (typeof token !== 'object') {
      counters[token === 'damaged' ? 'deliveries_corrupted' : 'deliveries_foreign']++
      return
    }
    if (listening.seat === undefined) {
      counters.deliveries_leaked++
      find('violation', 'chat/wrong-destination', '', 'a room message arrived outside any room')
      return
    }
    const { id } = event.message
    const sent = ledger.deliver(listening.seat, token, id, receivedUs)
    if (sent === undefined || sent.serverId === id || token.attempt !== 1) return
    if (sent.serverId !== undefined) {
      find(
        'violation',
        'chat/message-id-differs',
        '/message/id',
        `subscribers saw ids ${sent.serverId} and ${id} for one message`,
      )
      return
    }
    sent.serverId = id
    const message = `${sent.room}/${sent.sender}/${sent.seq}`
    const other = ids.get(id)
    if (other !== undefined && other !== message) {
      find('violation', 'chat/message-id-reused', '/message/id', `id ${id} stands for two messages`)
    }
    ids.set(id, message)
    if (ids.size > IDS_KEPT) ids.delete(ids.keys().next().value as number)
  }

  const settle = ({ event, token }: Reading, listening: Listening, receivedUs: number): void => {
    switch (event.type) {
      case 'new_message':
        settleMessage(event, token, listening, receivedUs)
        break
      case 'user_typing': {
        const typist = tokens.indexOf(event.userId)
        if (typist === undefined || listening.seat === undefined) counters.deliveries_foreign++
        else ledger.deliverTyping(listening.seat, typist, event.isTyping, receivedUs)
        break
      }
      case 'user_status_changed':
        counters.events_status_changed++
        break
      case 'message_read':
        counters.events_message_read++
        break
      default:
        metrics.count(`events{type:${(event as { type: string }).type}}`)
    }
  }

  return {
    receive(listening, message, receivedUs) {
      counters.ws_msgs_received++
      counters.data_received += message.wireBytes
      if (listening.onBody !== undefined) {
        listening.onBody(message.body)
        return
      }
      if (current === undefined) current = { listening, message, receivedUs }
      else {
        current.listening = listening
        current.message = message
        current.receivedUs = receivedUs
      }
      if (message.destination !== listening.destination) {
        find(
          'violation',
          'stomp/destination',
          '',
          `destination ${message.destination} on a subscription to ${listening.destination}`,
        )
      }
      const { bodyBytes } = message
      let reading = readings.find(bodyBytes)
      if (reading === undefined) {
        faults = 0
        const event = contract.readEvent(message.body, onIssue)
        drift.see(event, message.body, faults > 0)
        if (event === undefined) return
        reading = event.type === 'new_message' ? readContent(event) : { event, token: undefined }
        if (faults === 0) readings.keep(bodyBytes, reading)
      }
      settle(reading, listening, receivedUs)
    },
  }
}

// --- internal ---

const IDS_KEPT = 100_000
