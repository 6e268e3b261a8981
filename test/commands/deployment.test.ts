import { afterEach, describe, expect, it, vi } from 'vitest'
import yargs from 'yargs'
import { deploymentOptions, openDeployment } from '../../src/commands/run/deployment.ts'

afterEach(() => vi.unstubAllEnvs())

/** Opens the deployment that the words name, far away enough that nothing is started. */
async function open(...words: string[]) {
  const flags = await deploymentOptions(yargs(['--target', 'http://127.0.0.1:1', ...words])).parseAsync()
  return openDeployment(flags, { url: undefined, stompUrl: undefined, allow: [] }, () => {
    throw new Error('no world is needed')
  })
}

describe('the secret that tokens are minted with', () => {
  it('comes from the environment, and --jwt-secret wins', async () => {
    vi.stubEnv('STOMPEDE_JWT_SECRET', 'test-only-environment')
    expect((await open()).tokens).toMatchObject({ kind: 'minted', key: 'test-only-environment' })
    expect((await open('--jwt-secret', 'test-only-flag')).tokens).toMatchObject({ key: 'test-only-flag' })
  })

  it('is none where the variable is empty, as CI systems leave it for a secret that is not set', async () => {
    vi.stubEnv('STOMPEDE_JWT_SECRET', '')
    await expect(open()).rejects.toThrow('users need tokens: give --tokens FILE, --jwt-secret SECRET')
  })
})
