import type { CloseClass } from './client.ts'

/** What RabbitMQ gives as the reason of its deliberate closes. */
const STOMP_DIED = 'STOMP died'

/** What a close by the other end means; for closes of our own making the client knows the class already. */
export function closeClassOf(code: number, reason: string): CloseClass {
  if (code === 1000) return reason === '' ? 'idle-timeout' : reason === STOMP_DIED ? 'stomp-died' : 'other'
  return CLASS_OF_CODE[code] ?? 'other'
}

/**
 * The close code behind an error that ws raised while reading: it names its own protocol faults by code, and the
 * close event then says 1006, because the other end never answered. Undefined for errors of the network.
 */
export function closeCodeOfError(error: Error): number | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (!code.startsWith('WS_ERR_')) return undefined
  return CODE_OF_WS_ERROR[code] ?? 1002
}

// --- internal ---

const CLASS_OF_CODE: Readonly<Record<number, CloseClass>> = {
  1001: 'broker-gone',
  1002: 'protocol',
  1003: 'protocol',
  1006: 'broker-gone',
  1007: 'protocol',
  1009: 'too-large',
  1010: 'protocol',
  1011: 'broker-crash',
  1012: 'broker-gone',
  1013: 'broker-gone',
  1014: 'broker-gone',
}

const CODE_OF_WS_ERROR: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
}
