/** What reports use of their process that are more than a file: its environment and its standard output. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  stdout: { write(text: string): unknown }
}
