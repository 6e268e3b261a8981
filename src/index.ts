/** What scenario files import. */
export { defineScenario } from './scenario/scenario.ts'
export type { ScenarioInput, ScenarioSource } from './scenario/scenario.ts'
export type { Activity, ChatUser, RawStomp } from './scenario/user.ts'
