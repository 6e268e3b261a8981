/** The `message` header and the body of an ERROR frame. */
export interface ErrorWords {
  readonly message: string
  readonly body: string
}

/**
 * What the embedded broker says in ERROR frames, word for word as RabbitMQ 3.10.8 answers them over STOMP; where
 * RabbitMQ has no words (it closes with 1007 or 1011, or carries the frame out) they are our own.
 */
export const WORDS = {
  notConnected: { message: 'Illegal command', body: 'You must log in using CONNECT first\n' },
  alreadyConnected: { message: 'Illegal command', body: 'The session is connected already\n' },
  versionMismatch: { message: 'Version mismatch', body: 'Supported versions are 1.0,1.1,1.2\n' },
  missingCredentials: { message: 'Bad CONNECT', body: 'Missing login or passcode header(s)' },
  accessRefused: (login: string) => ({
    message: 'Bad CONNECT',
    body: `Access refused for user '${login}'\n`,
  }),
  vhostDenied: (vhost: string) => ({
    message: 'Bad CONNECT',
    body: `Virtual host '${vhost}' access denied`,
  }),
  accessDenied: (what: string) => ({
    message: 'access_refused',
    body: `ACCESS_REFUSED - access to ${what} refused\n`,
  }),
  badHeartBeat: { message: 'Bad CONNECT', body: "'heart-beat' must be two integers\n" },
  missingDestination: (command: string) => ({
    message: 'Missing destination',
    body: `"${command}" must include a 'destination' header\n`,
  }),
  unknownDestination: (destination: string) => ({
    message: 'Unknown destination',
    body: `'${destination}' is not a valid destination.\nValid destination types are: /exchange.\n`,
  }),
  invalidDestination: (rest: string) => ({
    message: 'Invalid destination',
    body: `'${rest}' is not a valid exchange destination\n`,
  }),
  noExchange: (exchange: string, vhost: string) => ({
    message: 'not_found',
    body: `NOT_FOUND - no exchange '${exchange}' in vhost '${vhost}'`,
  }),
  duplicateId: (tag: string) => ({
    message: 'Duplicated subscription identifier',
    body: `A subscription identified by '${tag}' already exists.`,
  }),
  missingHeader: (command: string, header: string) => ({
    message: 'Missing header',
    body: `"${command}" must include the "${header}" header\n`,
  }),
  noSubscription: (id: string) => ({
    message: 'No subscription found',
    body: `UNSUBSCRIBE must refer to an existing subscription.\nSubscription to "id='${id}'" not found.\n`,
  }),
  missingId: {
    message: 'Missing destination or id',
    body: "UNSUBSCRIBE must include a 'destination' or 'id' header",
  },
  messageIdNotAllowed: {
    message: 'Invalid header',
    body: "'message-id' is not allowed on 'SEND'.\n",
  },
  badCommand: (command: string) => ({
    message: 'Bad command',
    body: `Could not interpret command "${command}"\n`,
  }),
  notSupported: (what: string) => ({
    message: 'Not supported',
    body: `${what} is not supported by this broker\n`,
  }),
  malformed: (detail: string) => ({ message: 'Invalid frame', body: `${detail}\n` }),
} as const satisfies Record<string, ErrorWords | ((...values: string[]) => ErrorWords)>
