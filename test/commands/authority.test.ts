import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readAuthority } from '../../src/commands/run/authority.ts'
import { TEST_ONLY_CERTIFICATE, TEST_ONLY_KEY } from '../stomp/test-only-certificate.ts'

const directory = mkdtempSync(join(tmpdir(), 'stompede-ca-'))
function fileOf(text: string): string {
  const file = join(directory, `${text.length}.pem`)
  writeFileSync(file, text)
  return file
}

it('takes a file of certificates, with whatever stands between them', () => {
  const text = `# a bundle\n${TEST_ONLY_CERTIFICATE}\nand another\n${TEST_ONLY_CERTIFICATE}`
  expect(readAuthority(fileOf(text))).toBe(text)
})

it('refuses a file that holds none, and says so', () => {
  for (const text of ['', '{"not":"pem"}', TEST_ONLY_KEY, TEST_ONLY_CERTIFICATE.slice(0, 200)]) {
    const file = fileOf(text)
    expect(() => readAuthority(file)).toThrow(`--ca: ${file} holds no PEM certificate`)
  }
  expect(() => readAuthority(join(directory, 'missing.pem'))).toThrow(
    /--ca: the file cannot be read \(.*ENOENT/,
  )
})

it('refuses a certificate that is damaged, and says which', () => {
  const damaged = TEST_ONLY_CERTIFICATE.replace(/\n[\w+/=]{20}/, '\nAAAAAAAAAAAAAAAAAAAA')
  expect(damaged).not.toBe(TEST_ONLY_CERTIFICATE)
  expect(() => readAuthority(fileOf(damaged))).toThrow(/--ca: the certificate in .* is damaged \(/)
  expect(() => readAuthority(fileOf(TEST_ONLY_CERTIFICATE + damaged))).toThrow(
    /--ca: certificate 2 in .* is damaged/,
  )
})
