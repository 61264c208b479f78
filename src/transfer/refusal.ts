/** What git shows to those who are refused. */
import { packetLine } from './packet.ts'

const longestReason = 1000

/**
 * A packet that ends a fetch wherever one may stand (gitprotocol-pack, "error-line"): git prints `remote error: <reason>`.
 * @param reason one line; what a terminal would act on is replaced
 */
export function errorPacket(reason: string): Uint8Array {
  return Buffer.from(packetLine(`ERR ${reason.slice(0, longestReason).replace(/[^ -~]/g, '?')}\n`), 'latin1')
}
