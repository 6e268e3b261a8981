import { relative, resolve, sep } from 'node:path'

/** What a directory is called in its reports: its path from there, with slashes; null where it does not lie in them. */
export function nameWithin(reports: string, directory: string): string | null {
  const name = relative(resolve(reports), resolve(directory)).split(sep).join('/')
  return name === '' || name === '..' || name.startsWith('../') ? null : name
}
