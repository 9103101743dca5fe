import { isIP } from 'node:net'

/** Whom a bridge answers: a page of another site must not reach it through the browser of a person who can. */
export interface AccessRules {
  /** The address that the bridge is bound to. */
  bound: string
  /** Further names of the bridge, as `hostOf` writes them; '*': any. */
  hosts: readonly string[]
  /** Origins beside those of the same host; '*': any. */
  origins: readonly string[]
}

/** The name or address in a Host header or in an option, without its port; undefined for what is none. */
export function hostOf(header: string | undefined): string | undefined {
  if (!header || !/^[^\s/?#@\\]+$/.test(header)) return undefined
  const text = isIP(header) === 6 ? `[${header}]` : header
  if (!URL.canParse(`http://${text}`)) return undefined
  return plain(new URL(`http://${text}`).hostname)
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d+){3}$/.test(host)
}

/**
 * A name that somebody made to point at this machine (DNS rebinding) is none of ours; an address in its place cannot be
 * made to point anywhere.
 */
export function isHostAllowed(header: string | undefined, rules: AccessRules): boolean {
  const host = hostOf(header)
  if (host === undefined) return false
  if (isIP(host) !== 0 || isLoopback(host) || host === hostOf(rules.bound)) return true
  return rules.hosts.includes(host) || rules.hosts.includes('*')
}

/** A program that is no page sends no origin. `host`: the Host header of the same request. */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  rules: AccessRules,
): boolean {
  if (origin === undefined || rules.origins.includes('*')) return true
  if (rules.origins.includes(origin.toLowerCase())) return true
  const [from, to] = [URL.canParse(origin) ? plain(new URL(origin).hostname) : '', hostOf(host)]
  if (from === '' || to === undefined) return false
  return from === to || (isLoopback(from) && isLoopback(to) && isLoopback(hostOf(rules.bound) ?? ''))
}

/** As URL gives it, without the brackets of an address and the dot of a name that is complete. */
function plain(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}
