/** What the commands can be told: by flags, by a config file, and keys by the environment. */

/** As flags and files give them; nothing is verified but their form. */
export interface Settings {
  port?: number
  host?: string
  storage?: string
  keys?: string[]
  keyFile?: string
  origins?: string[]
  hosts?: string[]
  publicUrl?: string
  cert?: string
  tlsKey?: string
  trustProxy?: boolean
  swarm?: boolean
  bootstrap?: string[]
  maxBytes?: number
  minFree?: number
  maxFeeds?: number
  log?: string
  verbose?: boolean
  limits?: Record<string, number>
  pages?: string
}

export interface Setting {
  /** Without the dashes. */
  flag: string
  /** Its name in a config file, and in the options of createBridge. */
  name: keyof Settings
  kind: 'text' | 'path' | 'number' | 'size' | 'switch' | 'list' | 'limits'
  /** What stands for the value in the help. */
  value?: string
  help: string
}

export const settings: readonly Setting[] = [
  {
    flag: 'port',
    name: 'port',
    kind: 'number',
    value: 'number',
    help: 'where to listen (8787; demo 8080), 0: a free one',
  },
  {
    flag: 'host',
    name: 'host',
    kind: 'text',
    value: 'address',
    help: 'on which address (127.0.0.1: this machine only)',
  },
  {
    flag: 'storage',
    name: 'storage',
    kind: 'path',
    value: 'folder',
    help: 'where feeds are kept (./replic8-data)',
  },
  {
    flag: 'key',
    name: 'keys',
    kind: 'list',
    value: '64 hex',
    help: 'whose feeds are kept; again for more. Better: --key-file',
  },
  { flag: 'key-file', name: 'keyFile', kind: 'path', value: 'file', help: 'a file of keys, one a line' },
  {
    flag: 'origin',
    name: 'origins',
    kind: 'list',
    value: 'origin',
    help: 'pages of it may connect; again for more, *: any',
  },
  {
    flag: 'allow-host',
    name: 'hosts',
    kind: 'list',
    value: 'name',
    help: 'a name by which the bridge is called; again for more',
  },
  {
    flag: 'public-url',
    name: 'publicUrl',
    kind: 'text',
    value: 'wss://…',
    help: 'how it is reached through a proxy',
  },
  { flag: 'cert', name: 'cert', kind: 'path', value: 'file', help: 'certificate chain for TLS, PEM' },
  { flag: 'tls-key', name: 'tlsKey', kind: 'path', value: 'file', help: 'its private key, PEM' },
  {
    flag: 'trust-proxy',
    name: 'trustProxy',
    kind: 'switch',
    help: 'take addresses of clients from X-Forwarded-For',
  },
  { flag: 'swarm', name: 'swarm', kind: 'switch', help: 'find other bridges of the keys by Hyperswarm' },
  {
    flag: 'bootstrap',
    name: 'bootstrap',
    kind: 'list',
    value: 'host:port',
    help: 'a node of a DHT of your own; again for more',
  },
  {
    flag: 'max-bytes',
    name: 'maxBytes',
    kind: 'size',
    value: 'size',
    help: 'take nothing more above it, such as 20GiB',
  },
  {
    flag: 'min-free',
    name: 'minFree',
    kind: 'size',
    value: 'size',
    help: 'take nothing more with less free on disk (256MiB)',
  },
  {
    flag: 'max-feeds',
    name: 'maxFeeds',
    kind: 'number',
    value: 'number',
    help: 'feeds of one key that are taken (100000)',
  },
  {
    flag: 'limit',
    name: 'limits',
    kind: 'limits',
    value: 'name=value',
    help: 'a limit of docs/BRIDGE.md; again for more',
  },
  {
    flag: 'log',
    name: 'log',
    kind: 'text',
    value: 'json|pretty',
    help: 'how to log (pretty on a terminal, else json)',
  },
  {
    flag: 'verbose',
    name: 'verbose',
    kind: 'switch',
    help: 'log what is turned away and contained, too',
  },
  {
    flag: 'pages',
    name: 'pages',
    kind: 'path',
    value: 'folder',
    help: 'a folder of pages to serve beside the bridge',
  },
]

/** Flags that say what to do, and set nothing. */
export const actions = [
  { flag: 'config', value: 'file', help: 'settings as JSON; flags come first, then REPLIC8_KEY' },
  { flag: 'version', help: 'print the version' },
  { flag: 'help', help: 'print this' },
] as const

export const commands = {
  bridge: 'a peer that keeps feeds, and by which browsers find each other',
  demo: 'a bridge with the demo on it, in a room of its own',
} as const

export type Command = keyof typeof commands

/** What somebody typed or wrote cannot be done; its message is one sentence. */
export class UsageError extends Error {}
