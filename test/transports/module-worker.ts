const here = import.meta.url

/** A worker of a browser that runs `source`, in which `from('…')` is the address of a file of src. */
export function moduleWorker(source: (from: (file: string) => string) => string): Worker {
  // Not written as one expression: the bundler would take that for an asset.
  const code = source((file) => JSON.stringify(new URL(`../../src/${file}`, here).href))
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
  const worker = new Worker(url, { type: 'module' })
  worker.onerror = (event) => {
    throw new Error(`The worker failed: ${event.message}`)
  }
  return worker
}
