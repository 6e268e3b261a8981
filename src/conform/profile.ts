import { StompedeError } from '../errors.ts'
import { PROFILES, type Pin, type ProfileData } from './profiles.ts'

export type { Pin } from './profiles.ts'

/** What is known of one broker version. */
export interface Profile extends ProfileData {
  readonly name: ProfileName
}

export type ProfileName = keyof typeof PROFILES

/** The names `--profile` takes. */
export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[]

/** The profile for the `server` header of CONNECTED (`RabbitMQ/3.10.8`), and why it is this one. */
export function profileFor(server: string | null): { profile: Profile; from: string } {
  const [, major, minor, patch] = /^RabbitMQ\/(\d+)\.(\d+)(?:\.(\d+))?/.exec(server ?? '') ?? []
  const from = server === null ? 'no CONNECTED came: strict' : `CONNECTED server:${server}`
  if (major === undefined) return { profile: profileNamed('strict'), from }
  return { profile: profileNamed(rabbitMqProfile(Number(major), Number(minor), Number(patch ?? 0))), from }
}

/** Throws USAGE for an unknown name. */
export function profileNamed(name: string): Profile {
  if (!Object.hasOwn(PROFILES, name)) {
    throw new StompedeError(
      'USAGE',
      `no profile ${JSON.stringify(name)}; there are ${PROFILE_NAMES.join(', ')}`,
    )
  }
  const known = name as ProfileName
  return { name: known, ...PROFILES[known] }
}

/** The pins for a rule. */
export function pinsOf(profile: Profile, rule: string): readonly Pin[] {
  return profile.pins.filter((pin) => pin.rule === rule)
}

// --- internal ---

/** Fatal ERROR frames reach WebSocket clients from 3.10.14, 3.11.7 and 3.12.0 on (rabbitmq-server#6737). */
function rabbitMqProfile(major: number, minor: number, patch: number): ProfileName {
  if (major >= 4) return 'rabbitmq-4'
  const isFixed =
    major === 3 && (minor >= 12 || (minor === 11 && patch >= 7) || (minor === 10 && patch >= 14))
  return isFixed ? 'rabbitmq-3.12' : 'rabbitmq-3.10'
}
