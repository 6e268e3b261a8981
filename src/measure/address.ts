/**
 * An address as it may stand in a result: without user and password, and without query and fragment, which may be a key to it. As it was
 * written where it has none of them.
 */
export function bareAddress(address: string): string {
  if (!URL.canParse(address)) return address.replace(/[?#][^]*$/, '').replace(/^[^]*@/, '')
  const url = new URL(address)
  if ([url.username, url.password, url.search, url.hash].every((part) => part === '')) return address
  url.username = url.password = url.search = url.hash = ''
  return url.href
}
