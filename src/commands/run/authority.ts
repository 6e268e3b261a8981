import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { reasonOf, StompedeError } from '../../errors.ts'

/**
 * Reads a file of certificates to trust (`--ca`). Node passes over whatever in it is no certificate, and then trusts
 * nobody: here each one must be readable, and there must be one.
 */
export function readAuthority(file: string): string {
  const text = read(file)
  const certificates = text.match(PEM) ?? []
  if (certificates.length === 0)
    throw new StompedeError('USAGE', `--ca: ${file} holds no PEM certificate (-----BEGIN CERTIFICATE-----)`)
  for (const [i, certificate] of certificates.entries()) {
    try {
      parse(certificate)
    } catch (error) {
      const which = certificates.length === 1 ? 'the certificate' : `certificate ${i + 1}`
      throw new StompedeError('USAGE', `--ca: ${which} in ${file} is damaged (${reasonOf(error)})`)
    }
  }
  return text
}

// --- internal ---

const PEM = /-----BEGIN (?:X509 )?CERTIFICATE-----[\s\S]*?-----END (?:X509 )?CERTIFICATE-----/g

function parse(certificate: string): X509Certificate {
  return new X509Certificate(certificate)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new StompedeError('USAGE', `--ca: the file cannot be read (${reasonOf(error)})`)
  }
}
