import {
  FrameDecoder,
  type DecoderOptions,
  type FrameFault,
  type StompVersion,
} from '../../src/stomp/frame.ts'

/** A decoded frame as plain data, so that a test can compare it whole. */
export interface PlainFrame {
  command: string
  headers: [string, string][]
  /** Body octets, one character each. */
  body: string
}

export interface Decoding {
  frames: PlainFrame[]
  eols: number
  fault: Pick<FrameFault, 'reason' | 'offset'> | undefined
}

/** Octets written as a string: one character an octet, so `\xff` is the octet 255. */
export function octets(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** Pushes the pieces into a fresh decoder and tells everything it made of them. */
export function decode(
  pieces: readonly (string | Buffer)[],
  options: DecoderOptions & { version?: StompVersion } = {},
): Decoding {
  const decoding: Decoding = { frames: [], eols: 0, fault: undefined }
  const decoder = new FrameDecoder(
    {
      onFrame(frame) {
        const headers = frame.headers().map(([name, value]): [string, string] => [name, value])
        decoding.frames.push({ command: frame.command, headers, body: frame.bodyBytes.toString('latin1') })
      },
      onEol() {
        decoding.eols++
      },
    },
    options,
  )
  for (const piece of pieces) {
    // Each piece gets its own memory, overwritten afterwards: a decoder must not lean on what the socket will reuse.
    const bytes = Buffer.from(typeof piece === 'string' ? octets(piece) : piece)
    const fault = decoder.push(bytes)
    if (fault !== undefined) decoding.fault = { reason: fault.reason, offset: fault.offset }
    bytes.fill(0xee)
  }
  return decoding
}

/** Every way to cut the octets in two, and the way that cuts between all of them. */
export function everySplit(text: string): Buffer[][] {
  const bytes = octets(text)
  const splits = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)])
  splits.push(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))
  return splits
}
