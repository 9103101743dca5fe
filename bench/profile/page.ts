import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from '../harness/root.ts'
import { type Flame, pruned } from './merge.ts'

/** A flame graph that a browser shows with nothing beside it: the widths are times, a click looks closer. */
export async function flamePage(title: string, flames: Flame): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: join(root, 'bench') },
    bundle: true,
    minify: true,
    format: 'iife',
    write: false,
    logLevel: 'warning',
  })
  const style = await build({
    entryPoints: [join(root, 'node_modules/d3-flame-graph/dist/d3-flamegraph.css')],
    write: false,
    logLevel: 'warning',
  })
  const data = JSON.stringify(pruned(flames, flames.value / 5_000)).replaceAll('<', '\\u003c')
  return `<!doctype html><meta charset="utf-8"><title>${title}</title>
<style>${style.outputFiles[0]?.text}body{font:14px sans-serif;margin:1rem}input{margin:0 0 1rem;width:20rem}</style>
<h1>${title}</h1><input type="search" placeholder="Name of a function or file"><div id="flames"></div>
<script>const data=${data}</script><script>${outputFiles[0]?.text.replaceAll('</script', '<\\/script')}</script>
`
}

const program = `
  import { flamegraph } from 'd3-flame-graph'
  import { select } from 'd3-selection'
  const graph = flamegraph().width(innerWidth - 40).cellHeight(18).minFrameSize(1)
  graph.label(({ data: { name, value } }) => name + ': ' + (value / 1000).toFixed(1) + ' ms')
  select('#flames').datum(data).call(graph)
  document.querySelector('input').oninput = ({ target }) => graph.search(target.value)
`
