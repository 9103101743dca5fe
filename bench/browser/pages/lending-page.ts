/** A tab that lends its transport to a worker, in which engine and storage are. */
import { tabs } from '../../../src/entry/tabs.ts'
import { exposeTransport } from '../../../src/entry/worker.ts'
import type { Answer, Call } from './engine-worker.ts'
import { serve } from './serve.ts'

const worker = new Worker('/engine-worker.js', { type: 'module' })
let calls = 0

const inWorker =
  (name: string) =>
  (...args: unknown[]) => {
    const call = ++calls
    worker.postMessage({ call, name, args } satisfies Call)
    return new Promise((resolve, reject) => {
      const listener = ({ data }: MessageEvent<Answer>) => {
        if (data.answer !== call) return
        worker.removeEventListener('message', listener)
        if ('error' in data) reject(new Error(data.error))
        else resolve(data.value)
      }
      worker.addEventListener('message', listener)
    })
  }

serve({
  take: inWorker('take'),
  connect(name: string) {
    exposeTransport(tabs({ name }), worker)
    return inWorker('connect')(name)
  },
  arrived: inWorker('arrived'),
  check: inWorker('check'),
})
