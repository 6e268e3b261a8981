/** The body of a refusal, as NestJS's HttpException words it; `message` is a list for a body against the contract. */
export interface NestError {
  statusCode: number
  message: string | string[]
  error: string
}

/** Names of the statuses the API answers with, as NestJS names them. */
const STATUS_NAMES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const

export type RefusalStatus = keyof typeof STATUS_NAMES

export function nestError(statusCode: RefusalStatus, message: string | string[]): NestError {
  return { statusCode, message, error: STATUS_NAMES[statusCode] }
}
