import { statementOf } from './coverage.ts'
import { SECTIONS, type Rule } from './rule.ts'
import { brokerAccessRules } from './rules/broker-access.ts'
import { deliveryRules } from './rules/delivery.ts'
import { eventRules } from './rules/events.ts'
import { harnessRules } from './rules/harness.ts'
import { httpAnswerRules } from './rules/http-answers.ts'
import { httpAuthenticationRules } from './rules/http-authentication.ts'
import { httpConnectionDataRules, httpDisconnectionRules } from './rules/http-connection-data.ts'
import { httpConnectionRules } from './rules/http-connection.ts'
import { httpMembershipRules } from './rules/http-membership.ts'
import { httpRoomRules } from './rules/http-rooms.ts'
import { httpSendBodyRules } from './rules/http-send-bodies.ts'
import { httpTokenRules } from './rules/http-tokens.ts'
import { isolationRules } from './rules/isolation.ts'
import { membershipRules } from './rules/membership.ts'
import { messageEventRules } from './rules/message-events.ts'
import { passiveTimeRules } from './rules/passive-times.ts'
import { presenceEventRules } from './rules/presence-events.ts'
import { stompConnectRules } from './rules/stomp-connect.ts'
import { stompFrameRules } from './rules/stomp-frames.ts'
import { stompHeartBeatRules } from './rules/stomp-heart-beat.ts'
import { stompMessageRules, stompSubscriptionRules } from './rules/stomp-messages.ts'
import { stompNegotiationRules } from './rules/stomp-negotiation.ts'
import { stompRefusalRules } from './rules/stomp-refusals.ts'
import { stompSubscribeRules } from './rules/stomp-subscribe.ts'
import { stompUnsubscribeRules } from './rules/stomp-unsubscribe.ts'
import { unclearSendRules } from './rules/unclear-sends.ts'
import { webSocketRules } from './rules/websocket.ts'

const ORDER = Object.keys(SECTIONS)

/** Every rule, in the order of sections; within one, in the order of its files. */
export const CATALOGUE: readonly Rule[] = [
  ...httpAuthenticationRules,
  ...httpTokenRules,
  ...httpConnectionRules,
  ...httpConnectionDataRules,
  ...httpDisconnectionRules,
  ...httpRoomRules,
  ...httpSendBodyRules,
  ...httpMembershipRules,
  ...httpAnswerRules,
  ...webSocketRules,
  ...stompConnectRules,
  ...stompNegotiationRules,
  ...stompHeartBeatRules,
  ...stompSubscribeRules,
  ...stompSubscriptionRules,
  ...stompMessageRules,
  ...stompUnsubscribeRules,
  ...stompFrameRules,
  ...stompRefusalRules,
  ...eventRules,
  ...messageEventRules,
  ...presenceEventRules,
  ...passiveTimeRules,
  ...deliveryRules,
  ...unclearSendRules,
  ...membershipRules,
  ...isolationRules,
  ...brokerAccessRules,
  ...harnessRules,
].toSorted((a, b) => ORDER.indexOf(a.section) - ORDER.indexOf(b.section))

/** Ids that once were rules. They are not used again. */
export const WITHDRAWN: readonly string[] = []

/** How many different statements the catalogue rests on. */
export const STATEMENTS = new Set(CATALOGUE.map(statementOf)).size
