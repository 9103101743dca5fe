/** The program that every environment runs: it uses the package as a page would, and says what it saw. */

/** @param base what the entry points are imported from: 'replic8', or the URL of the folder with its scripts */
export const appSource = (base = 'replic8'): string => {
  const entry = (name: string) =>
    base === 'replic8' ? (name === 'index' ? base : `${base}/${name}`) : `${base}/${name}.js`
  return `
    import replic8, { hypercore, memory, randomKey, Replic8Error, Session } from '${entry('index')}'
    import * as storage from '${entry('storage')}'
    import { broadcastSignal, webrtc } from '${entry('webrtc')}'
    import { tabs } from '${entry('tabs')}'

    const promised = (call) =>
      new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))))

    // Two peers: one shares a feed, the other takes it, and both end when it has arrived.
    async function replicate() {
      const key = randomKey()
      const [sender, receiver] = [replic8(key), new Session(key)]
      const core = hypercore(memory, { valueEncoding: 'json' })
      await promised((done) => core.append([{ hello: 'world' }, { block: 'x'.repeat(1_200_000) }], done))
      let copy
      receiver.on('advertise', (offer, accept) => {
        copy = hypercore(memory, offer.keys[0], { valueEncoding: 'json' })
        accept(null, [copy])
      })
      sender.share([core], [{ name: 'greetings' }])
      sender.pipe(receiver.stream)
      await Promise.all([sender.closed, receiver.closed])
      const valid = await promised((done) => copy.audit(done))
      return { first: await promised((done) => copy.get(0, done)), valid, length: copy.length }
    }

    export async function run() {
      return {
        copy: await replicate(),
        key: randomKey().toString('hex').length,
        entries: [webrtc, broadcastSignal, tabs, ...Object.values(storage)].map((value) => typeof value),
        error: new Replic8Error('ERR_CLOSED').code,
      }
    }
  `
}

/** What `run` gives wherever everything works. */
export const appResult = {
  copy: { first: { hello: 'world' }, valid: { valid: 2, invalid: 0 }, length: 2 },
  key: 64,
  entries: Array(8).fill('function'),
  error: 'ERR_CLOSED',
}
