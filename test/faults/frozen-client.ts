/** A client to be held still: opens connections, asks for an address on each and never reads. `argv`: port, path, count. */
import { once } from 'node:events'
import { connect } from 'node:net'

const [, , port, path, count] = process.argv
for (let index = 0; index < Number(count); index++) {
  const socket = connect(Number(port), '127.0.0.1').pause()
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
}
process.stdout.write('ready\n')
// Connections that nobody reads from do not keep a process alive by themselves.
setInterval(() => {}, 60_000)
