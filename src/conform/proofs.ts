/**
 * What one fault of the reference target must do to a gate over it. The table is held to in tests, and tells in
 * docs/conformance.md by which faults each rule is proved.
 */
export interface Proof {
  /** N of 1/N: every N-th candidate is hit, so that fences go on standing. Default: each. */
  every?: number
  /** The rules that FAIL; no other does. */
  breaks: readonly string[]
  /** The rules that cannot say any more, or only a tolerated thing: no other; `anything` where hardly one is left. */
  opens?: readonly string[] | 'anything'
  /** Why they cannot. */
  why?: string
  /** How the gate ends where no rule says it: nothing broken, and yet not green. */
  ends?: 'inconclusive' | 'unreachable'
  /** Slow rules that are asked beside the quick ones. */
  slow?: readonly string[]
  /** Only these are asked, with this patience: each of them waits long. */
  only?: { rules: readonly string[]; patienceMs: number }
}

const CLOSED: Proof = {
  breaks: ['HTTP-CONN-01'],
  opens: 'anything',
  why: 'nobody is let in',
  ends: 'unreachable',
}

const UNREACHABLE: Proof = {
  breaks: [],
  opens: 'anything',
  why: 'nothing answers in time',
  ends: 'unreachable',
}

const NO_RECEIPTS: Proof = {
  breaks: ['STOMP-SUB-01', 'STOMP-DISC-01', 'STOMP-FRAME-01', 'STOMP-FRAME-02'],
  opens: 'anything',
  why: 'without RECEIPT nobody is known to listen',
}

/** By fault. */
export const PROOFS = {
  // Deliveries
  loss: { every: 7, breaks: ['SEM-DEL-01'] },
  'lose-first': { breaks: ['SEM-DEL-01'] },
  'lose-tail': {
    every: 25,
    breaks: ['SEM-DEL-01'],
    opens: 'anything',
    why: 'from then on nothing of A arrives, so no fence stands',
  },
  duplicate: { breaks: ['SEM-DEL-02'] },
  // What is held back when its connection ends never comes.
  swap: { every: 7, breaks: ['SEM-DEL-01', 'SEM-ORD-01'] },
  leak: { every: 3, breaks: ['SEC-ISO-03'] },
  'typing-end-lost': { breaks: ['EVT-TYP-02'] },
  'offline-lost': { breaks: ['EVT-STAT-02'] },
  'offline-twice': { breaks: ['EVT-STAT-02'] },
  'online-lost': { breaks: ['EVT-STAT-01'] },
  'typing-start-lost': { breaks: ['EVT-TYP-01'] },
  'typing-swap': { breaks: ['EVT-TYP-02'] },
  'read-lost': {
    breaks: [],
    opens: ['EVT-READ-01', 'EVT-READ-02', 'EVT-ALL-04'],
    why: 'the guide does not say what triggers message_read, so none at all is no breach',
    ends: 'inconclusive',
  },
  'read-twice': { breaks: ['EVT-READ-02'] },
  'slow-delivery': {
    breaks: ['EVT-MSG-06'],
    only: { rules: ['HTTP-SEND-01', 'EVT-MSG-01', 'EVT-MSG-06', 'SEM-DEL-01'], patienceMs: 2_500 },
  },
  'loss-one-subscriber': { every: 7, breaks: ['SEM-DEL-01'] },
  'duplicate-one-subscriber': { breaks: ['SEM-DEL-02'] },
  'reorder-one-subscriber': { breaks: ['SEM-ORD-02'] },
  'half-published': { every: 7, breaks: ['SEM-DEL-04'] },
  'frame-lost': {
    every: 13,
    breaks: ['SEM-DEL-01'],
    opens: 'anything',
    why: 'HARN-01 says that frames are missing, and any single event may be among them',
  },
  'replays-last': { breaks: ['SEM-JOIN-01'] },

  // Payloads
  malformed: { breaks: ['EVT-ALL-01'] },
  'null-field': { every: 7, breaks: ['EVT-ALL-01'] },
  'wrong-type': { breaks: ['EVT-ALL-01'] },
  'extra-field': { breaks: ['EVT-ALL-02'] },
  'unknown-type': {
    breaks: ['EVT-ALL-01', 'EVT-MSG-01'],
    opens: ['EVT-READ-01', 'EVT-ALL-04'],
    why: 'no new_message is seen',
  },
  'bad-timestamp': { breaks: ['EVT-ALL-01'] },
  'clock-off': { breaks: ['EVT-ALL-03', 'EVT-READ-01'] },
  'wrong-sender': {
    breaks: ['EVT-MSG-01'],
    opens: ['HTTP-AUTH-08'],
    why: 'no message names its sender, forged or not',
  },
  'duplicate-id': { breaks: ['EVT-MSG-02'] },
  'id-differs': { breaks: ['EVT-MSG-02'] },
  'created-late': { breaks: ['EVT-MSG-03'] },
  'truncated-content': { every: 7, breaks: ['SEM-DEL-05'] },
  'escaped-content': { breaks: ['EVT-MSG-04', 'SEM-DEL-05'] },
  mojibake: { breaks: ['EVT-MSG-04', 'SEM-DEL-05'] },
  'invalid-utf8': { every: 7, breaks: ['EVT-ALL-01', 'SEM-DEL-05'] },
  'not-json': { every: 7, breaks: ['EVT-ALL-01'] },
  'typing-wrong-user': {
    breaks: ['EVT-TYP-01'],
    opens: ['EVT-TYP-02'],
    why: 'no event names A, whose typing is to end',
  },
  'read-wrong-reader': {
    breaks: ['EVT-READ-01'],
    opens: ['EVT-READ-02'],
    why: 'readings are counted by reader',
  },
  'read-wrong-message': {
    breaks: ['EVT-READ-01'],
    opens: ['EVT-READ-02'],
    why: 'readings are counted by message',
  },

  // HTTP
  'http-500': CLOSED,
  'http-html': CLOSED,
  'http-slow': UNREACHABLE,
  'http-hang': UNREACHABLE,
  'http-reset': UNREACHABLE,
  'reject-late': { every: 7, breaks: ['SEM-DEL-03'] },
  cacheable: { breaks: ['HTTP-CONN-09'] },
  'method-500': { breaks: ['HTTP-SEND-06'] },
  'accept-text': { breaks: ['HTTP-SEND-05'] },
  'refusal-forms': { breaks: ['HTTP-ALL-02'] },
  'stack-trace': { breaks: ['HTTP-AUTH-09'] },
  'odd-body-500': { breaks: ['HTTP-SEND-12'] },
  'json-500': { breaks: ['HTTP-SEND-04', 'HTTP-SEND-12'] },
  'accept-bad-body': { breaks: ['HTTP-SEND-02', 'HTTP-SEND-03'] },
  'refused-yet-sent': { breaks: ['HTTP-SEND-02', 'HTTP-SEND-03', 'HTTP-SEND-12'] },
  'accept-non-member': { breaks: ['HTTP-SEND-07', 'HTTP-TYP-02'] },
  'accept-expired-jwt': { breaks: ['HTTP-AUTH-04'] },
  'accept-alg-none': { breaks: ['HTTP-AUTH-05'] },
  'accept-bad-signature': { breaks: ['HTTP-AUTH-03'] },
  'accept-early-jwt': { breaks: ['HTTP-AUTH-06'] },
  'accept-garbage-token': { breaks: ['HTTP-AUTH-02'] },
  'accept-anonymous': { breaks: ['HTTP-AUTH-01'] },
  'no-challenge': { breaks: ['HTTP-AUTH-07'] },

  // Calls
  'connect-incomplete': { breaks: ['HTTP-CONN-01', 'HTTP-ALL-01'] },
  'connect-bad-url': { every: 2, breaks: ['HTTP-CONN-02'] },
  'connect-wrong-passcode': { every: 2, breaks: ['HTTP-CONN-03'] },
  'connect-wrong-destination': { breaks: ['HTTP-CONN-04'] },
  'connect-duplicate-room': { breaks: ['HTTP-CONN-04'] },
  'connect-missing-room': { breaks: ['HTTP-CONN-06'] },
  'connect-foreign-room': { breaks: ['HTTP-CONN-06'] },
  'connect-wrong-user': { breaks: ['HTTP-CONN-05'] },
  'disconnect-500': {
    breaks: ['HTTP-DISC-01'],
    opens: ['HTTP-DISC-02'],
    why: 'a second goodbye means nothing where the first fails',
  },
  'disconnect-twice-500': { breaks: ['HTTP-DISC-02'] },
  'send-as-text': { breaks: ['HTTP-SEND-01', 'HTTP-ALL-01'] },
  'accept-absent-room': { breaks: ['HTTP-SEND-08'] },
  'sender-from-body': { breaks: ['HTTP-AUTH-08'] },
  'typing-500': { breaks: ['HTTP-TYP-01'] },
  'typing-non-member': { breaks: ['HTTP-TYP-02'] },
  'join-incomplete': { breaks: ['HTTP-JOIN-01', 'HTTP-ALL-01'] },
  'join-wrong-destination': { breaks: ['HTTP-JOIN-01'] },
  'join-twice-500': { breaks: ['HTTP-JOIN-02'] },
  'join-absent-room': { breaks: ['HTTP-JOIN-03'] },
  'join-ignored': {
    breaks: ['HTTP-CONN-06'],
    opens: ['HTTP-LEAVE-01', 'EVT-READ-01', 'EVT-READ-02', 'EVT-ALL-04', 'SEM-LEAVE-01', 'SEM-LEAVE-03'],
    why: 'B, who has left once, can never come back',
  },
  'leave-500': {
    breaks: ['HTTP-LEAVE-01'],
    opens: ['HTTP-SEND-07', 'HTTP-TYP-02', 'HTTP-LEAVE-02', 'SEM-LEAVE-01', 'SEM-LEAVE-03'],
    why: 'nobody can leave, nor can C, who has joined once',
  },
  'leave-stranger-500': { breaks: ['HTTP-LEAVE-02'] },
  'leave-ignored': {
    breaks: ['HTTP-CONN-06'],
    opens: ['HTTP-SEND-07', 'HTTP-TYP-02', 'HTTP-LEAVE-02'],
    why: 'C, who has joined once, stays a member',
  },

  // STOMP
  'wrong-subprotocol': {
    breaks: ['HTTP-CONN-02', 'WS-HAND-01'],
    opens: 'anything',
    why: 'no connection can be opened',
  },
  'no-pong': { breaks: ['WS-PING-01'] },
  'split-frame-lost': { breaks: ['STOMP-FRAME-01'] },
  'second-frame-lost': { breaks: ['STOMP-FRAME-01'] },
  'stomp-command-refused': { breaks: ['STOMP-CONNECT-07'] },
  'low-version': { breaks: ['STOMP-CONNECT-01'] },
  'accept-any-version': { breaks: ['STOMP-CONNECT-04'] },
  'accept-any-passcode': {
    breaks: ['STOMP-CONNECT-02'],
    opens: ['STOMP-CONNECT-05'],
    why: 'it brings about its ERROR by a wrong passcode',
  },
  'accept-no-credentials': { breaks: ['SEC-CRED-01'] },
  'act-before-connect': { breaks: ['STOMP-CONNECT-06'] },
  'heartbeat-refused': {
    breaks: ['STOMP-HB-01'],
    opens: ['STOMP-HB-02', 'STOMP-HB-03'],
    why: 'without heart-beats there is nothing to keep',
    slow: ['STOMP-HB-02', 'STOMP-HB-03'],
  },
  'heartbeat-slow': { breaks: ['STOMP-HB-01', 'STOMP-HB-03'], slow: ['STOMP-HB-02', 'STOMP-HB-03'] },
  'beats-unasked': { breaks: ['STOMP-HB-04'], slow: ['STOMP-HB-02', 'STOMP-HB-03', 'STOMP-HB-04'] },
  'no-heartbeat': { breaks: ['STOMP-HB-02'], slow: ['STOMP-HB-02', 'STOMP-HB-03', 'STOMP-HB-04'] },
  'keeps-silent-client': { breaks: ['STOMP-HB-03'], slow: ['STOMP-HB-02', 'STOMP-HB-03', 'STOMP-HB-04'] },
  'no-receipt': NO_RECEIPTS,
  'wrong-receipt': NO_RECEIPTS,
  'receipt-before-binding': {
    breaks: ['STOMP-SUB-02', 'SEM-DEL-01'],
  },
  'unsubscribe-ignored': { breaks: ['STOMP-UNSUB-01', 'SEM-LEAVE-01', 'SEM-LEAVE-03'] },
  'unsubscribe-all': { breaks: ['SEM-LEAVE-01', 'SEM-DEL-01'] },
  'rejoin-duplicates': { breaks: ['SEM-LEAVE-03', 'SEM-DEL-02'] },
  'resubscribe-ignored': {
    breaks: ['SEM-RECON-01', 'SEM-DEL-01'],
    opens: ['SEM-RECON-02'],
    why: 'who is back hears nothing to count by',
  },
  'personal-refused': {
    breaks: ['EVT-USER-01'],
    opens: ['EVT-READ-01', 'EVT-READ-02', 'EVT-ALL-04'],
    why: 'nobody hears what is personal',
  },
  'accept-duplicate-id': { breaks: ['STOMP-SUB-06'] },
  'accept-any-destination': { breaks: ['STOMP-SUB-06', 'SEC-ISO-05'] },
  'accept-log-exchange': { breaks: ['SEC-ISO-05'] },
  'accept-no-destination': { breaks: ['STOMP-SUB-07'] },
  'accept-unknown-command': { breaks: ['STOMP-FRAME-04'] },
  'spoofed-headers': { breaks: ['SEC-HEAD-01'] },
  'error-without-close': { breaks: ['STOMP-CONNECT-05', 'STOMP-SUB-06'] },
  'close-without-error': {
    breaks: ['STOMP-CONNECT-04', 'STOMP-SUB-06', 'STOMP-SUB-07', 'STOMP-FRAME-04'],
    opens: ['STOMP-CONNECT-02', 'STOMP-CONNECT-03', 'STOMP-CONNECT-05', 'STOMP-CONNECT-06'],
    why: 'a close refuses as well, and STOMP-CONNECT-05 needs an ERROR to begin with',
  },
  'error-swallowed': {
    breaks: [
      'STOMP-CONNECT-02',
      'STOMP-CONNECT-03',
      'STOMP-CONNECT-04',
      'STOMP-SUB-06',
      'STOMP-SUB-07',
      'STOMP-FRAME-04',
      'STOMP-FRAME-05',
      'SEC-CRED-01',
    ],
    opens: ['STOMP-CONNECT-05', 'STOMP-CONNECT-06'],
    why: 'there is no ERROR to be closed after, and not being carried out is tolerated',
  },
  'escape-broken': { breaks: ['STOMP-FRAME-02', 'HARN-03'] },
  'content-length-off': {
    every: 50,
    breaks: ['STOMP-FRAME-03', 'HARN-03'],
    opens: 'anything',
    why: 'what comes after it on its connection cannot be read',
  },
  'missing-subscription': {
    breaks: ['STOMP-SUB-03'],
    opens: ['STOMP-SUB-04'],
    why: 'a MESSAGE is held to the destination of its subscription',
  },
  'missing-message-id': {
    breaks: ['STOMP-SUB-03'],
    opens: ['HARN-01'],
    why: 'the broker counts in message-id',
  },
  'message-id-reused': { breaks: ['STOMP-SUB-05'] },
  'wrong-destination': { breaks: ['STOMP-SUB-04'] },
  redelivered: { breaks: ['STOMP-ACK-01'] },
  'no-content-length': { breaks: ['STOMP-FRAME-03'] },
  'garbage-frame': {
    every: 50,
    breaks: ['HARN-03'],
    opens: 'anything',
    why: 'what comes after it on its connection cannot be read',
  },
} as const satisfies Record<string, Proof>

/** The rules that no fault can break, and how they are proved instead. */
export const PROVED_OTHERWISE: Readonly<Record<string, string>> = {
  'HTTP-CONN-08':
    'the documented design breaks it; it passes when users are kept apart (stompede target --isolated)',
  'SEM-LEAVE-02':
    'the documented design breaks it; it passes when users are kept apart (stompede target --isolated)',
  'SEC-ISO-01':
    'the documented design breaks it; it passes when users are kept apart (stompede target --isolated)',
  'SEC-ISO-02':
    'the documented design breaks it; it passes when users are kept apart (stompede target --isolated)',
  'SEC-ISO-04':
    'the documented design breaks it; it passes when users are kept apart (stompede target --isolated)',
  'SEC-MGMT-01': 'a management API that lets the chat’s credentials in, and one that does not',
  'EVT-ALL-04': 'it never fails: with the fault read-lost it is inconclusive, and so is the gate',
  'HARN-01': 'it never fails: with the fault frame-lost it is inconclusive',
  'HARN-02': 'no target can break it: a check that takes a silence for good without a control that stood',
}
