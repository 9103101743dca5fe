/** A program that looks for a peer, and stops its transport when it has met one: nothing else ends it. */
import { swarm } from '../../src/transports/swarm.ts'

const [bootstrap, topic] = process.argv.slice(2) as [string, string]
const transport = swarm({ bootstrap: [bootstrap] })
const connected = new Promise<string>((resolve) => {
  transport
    .start({
      topic: Buffer.from(topic, 'hex'),
      publicKey: new Uint8Array(32),
      onconnection: (connection) => resolve(`connected by ${connection.kind}`),
      onproblem: () => {},
    })
    ?.catch((error: { code: string }) => resolve(error.code))
})
console.log(await connected)
await transport.stop()
