import type { Footprint, Spread } from './scenarios.ts'

/** Rows as a Markdown table; numbers with at most one digit behind the point. */
export function table(rows: Record<string, number | string>[]): string {
  const heads = Object.keys(rows[0] ?? {})
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  const body = rows.map((row) => line(heads.map((head) => show(row[head] ?? ''))))
  return [line(heads), line(heads.map(() => '---:')), ...body].join('\n')
}

function show(cell: number | string): string {
  if (typeof cell === 'string') return cell
  return cell.toLocaleString('en', { maximumFractionDigits: Math.abs(cell) < 100 ? 1 : 0 })
}

export function spreadRow(spread: Spread): Record<string, number> {
  const { peers, links, window, farthest, rounds, missed, churned, messages, offers, duplicates, bytes } =
    spread
  return {
    peers,
    'links a peer': (2 * links) / peers,
    window,
    farthest,
    'rounds to all': rounds,
    missed,
    'links replaced': churned,
    messages,
    'offers a link': offers / links,
    'duplicates a peer': duplicates / peers,
    'bytes a peer': bytes / peers,
  }
}

export function footprintRow(footprint: Footprint): Record<string, number> {
  const { peers, links, feeds, feedBytes, wireBytes } = footprint
  return {
    peers,
    'links a peer': (2 * links) / peers,
    feeds,
    'heap a feed and link end': feedBytes,
    'bytes a feed and link': wireBytes,
  }
}
