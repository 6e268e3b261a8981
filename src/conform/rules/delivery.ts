import type { Rule } from '../rule.ts'
import { passiveDeliveryRules } from './passive-delivery.ts'

/** What becomes of messages: delivered, once, in order. */
export const deliveryRules: readonly Rule[] = [...passiveDeliveryRules]
