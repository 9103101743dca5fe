import { afterAll, beforeAll } from 'vitest'
import { testConnections, testTransports } from '../compliance/transport.ts'
import { type PrivateDht, privateDht, swarmPairs } from './swarm-network.ts'

let dht: PrivateDht
beforeAll(async () => {
  dht = await privateDht()
})
afterAll(() => dht.close())

testConnections(swarmPairs(() => dht, 'caller'))
testConnections(swarmPairs(() => dht, 'answerer'))
testTransports({ name: 'swarm', create: () => dht.swarm() })
