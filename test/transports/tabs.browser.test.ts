import { expect, test } from 'vitest'
import { tabs } from '../../src/transports/tabs.ts'
import { testTransports } from '../compliance/transport.ts'
import { ConnectedEnd } from './connected-end.ts'

testTransports({ name: 'tabs', create: () => tabs() })

function startedTab(topic: Uint8Array) {
  const transport = tabs()
  const ends: ConnectedEnd[] = []
  let wake = () => {}
  transport.start({
    topic,
    publicKey: topic,
    onconnection: (connection) => {
      ends.push(new ConnectedEnd(connection))
      wake()
    },
    onproblem: (err) => {
      throw err
    },
  })
  /** The next connection that this tab makes. */
  const next = async (): Promise<ConnectedEnd> => {
    while (ends.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return ends.shift() as ConnectedEnd
  }
  return { transport, next, end: next() }
}

/** A page of its own in this page: what it runs on goes away with the frame. */
function frameTab(topic: Uint8Array) {
  const frame = document.createElement('iframe')
  const module = new URL('../../src/transports/tabs.ts', import.meta.url).href
  frame.srcdoc = `<script type="module">
    import { tabs } from '${module}'
    const topic = new Uint8Array([${topic}])
    tabs().start({ topic, publicKey: topic, onconnection: (connection) => connection.send(new Uint8Array(1)), onproblem: console.error })
  </script>`
  document.body.append(frame)
  return frame
}

test('sees at once that another page was closed', async () => {
  const topic = crypto.getRandomValues(new Uint8Array(32))
  const { transport, end } = startedTab(topic)
  const frame = frameTab(topic)
  const connected = await end
  frame.remove()
  expect(await connected.closed).toMatchObject({ code: 'ERR_CONNECTION' })
  await transport.stop()
})

test('leaves its peers when the page is hidden for good, and joins again when it comes back', async () => {
  const topic = crypto.getRandomValues(new Uint8Array(32))
  const [one, other] = [startedTab(topic), startedTab(topic)]
  const ends = await Promise.all([one.end, other.end])
  window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
  for (const end of ends) expect(await end.closed).toMatchObject({ code: 'ERR_CONNECTION' })
  window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
  const again = await Promise.all([one.next(), other.next()])
  again[0].send(10)
  await again[1].arrived(10)
  await Promise.all([one.transport.stop(), other.transport.stop()])
  window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
})

test('can be imported in a worker, which has no WebRTC', async () => {
  const module = new URL('../../src/transports/tabs.ts', import.meta.url).href
  const source = `
    import { tabs } from '${module}'
    const topic = new Uint8Array(32)
    try {
      tabs().start({ topic, publicKey: topic, onconnection() {}, onproblem() {} })
    } catch (error) {
      postMessage(error.code)
    }`
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  const worker = new Worker(url, { type: 'module' })
  const code = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = reject
  })
  expect(code).toBe('ERR_BAD_OPTION')
  worker.terminate()
})
