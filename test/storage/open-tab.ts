import type { Tab } from './tab.ts'

/** A frame of this origin that runs replic8/storage by itself, like another tab. `kill` ends it without any closing. */
export async function openTab(): Promise<Tab & { kill(): void }> {
  const frame = document.createElement('iframe')
  document.body.append(frame)
  const page = frame.contentWindow as Window & { ontab?: (tab: Tab) => void }
  const script = page.document.createElement('script')
  script.type = 'module'
  script.src = new URL('./tab.ts', import.meta.url).href
  const tab = await new Promise<Tab>((resolve, reject) => {
    page.ontab = resolve
    script.onerror = () => reject(new Error('The frame did not load.'))
    page.document.head.append(script)
  })
  return { ...tab, kill: () => frame.remove() }
}
