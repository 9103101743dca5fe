/** The program that every environment runs: it uses the package as a page would, and says what it saw. */

/** @param base what the entry points are imported from: 'replic8', or the URL of the folder with its scripts */
export const appSource = (base = 'replic8'): string => {
  const entry = (name: string) =>
    base === 'replic8' ? (name === 'index' ? base : `${base}/${name}`) : `${base}/${name}.js`
  return `
    import { hypercore, memory, randomKey, Replic8Error } from '${entry('index')}'
    import * as storage from '${entry('storage')}'
    import { webrtc } from '${entry('webrtc')}'
    import { tabs } from '${entry('tabs')}'

    const promised = (call) =>
      new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))))

    export async function run() {
      const core = hypercore(memory, { valueEncoding: 'json' })
      await promised((done) => core.append([{ hello: 'world' }, { block: 'x'.repeat(100_000) }], done))
      const first = await promised((done) => core.get(0, done))
      const valid = await promised((done) => core.audit(done))
      return {
        first,
        valid,
        length: core.length,
        key: randomKey().toString('hex').length,
        entries: [webrtc, tabs, storage.file, storage.memory].map((value) => typeof value),
        error: new Replic8Error('ERR_CLOSED').code,
      }
    }
  `
}

/** What `run` gives wherever everything works. */
export const appResult = {
  first: { hello: 'world' },
  valid: { valid: 2, invalid: 0 },
  length: 2,
  key: 64,
  entries: ['function', 'function', 'function', 'function'],
  error: 'ERR_CLOSED',
}
