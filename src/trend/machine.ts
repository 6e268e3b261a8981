import type { IndexedEnvironment } from './index-line.ts'

/**
 * The kind of machine and of target, for people. Runs on different kinds are never in one series: there is nothing to be said
 * about a change between them.
 */
export function machineOf({ cpu, cores, os, driver, flavour, target }: IndexedEnvironment): string {
  return [
    `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${os.split(' ')[0] ?? os}`,
    targetOf(target),
    ...(driver === 'lean' ? [] : [driver]),
    ...(flavour === 'web' ? [] : [flavour]),
    ...(target.behaviour === null ? [] : [target.behaviour]),
    ...(target.faults.length === 0 ? [] : [`faults: ${target.faults.join(', ')}`]),
  ].join(' · ')
}

/** What may change on a machine of one kind, for people. A change right at a change of this is not the target's to explain. */
export function environmentText({
  node,
  stompede,
  memoryBytes,
  os,
  workers,
  target,
}: IndexedEnvironment): string {
  return [
    `Node ${node}`,
    `Stompede ${stompede}`,
    // Machines of one kind differ by what their firmware keeps.
    `${Math.round(memoryBytes / 2 ** 30)} GiB`,
    os,
    `${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    // Another version of somebody else's broker is a change of what is tested, and may well be the reason for one.
    ...(target.isOwn ? [target.broker] : []),
  ].join(', ')
}

// --- internal ---

function targetOf({ apiUrl, stompUrl, isOwn, broker }: IndexedEnvironment['target']): string {
  // Without its version: another one is a change of what is tested.
  const name = broker.split('/')[0] ?? broker
  // The reference target has another port every time.
  if (isOwn) return `reference target, ${name}`
  const url = apiUrl ?? stompUrl
  if (url === null || !URL.canParse(url)) return `a target without an address, ${name}`
  const { host, pathname } = new URL(url)
  // One host may have several deployments.
  return `${host}${pathname.replace(/\/+$/, '')}, ${name}`
}
