// Hyperswarm and its DHT have no type declarations; what is used of them is typed where they are used.
declare module 'hyperswarm'
declare module 'hyperdht'
declare module 'hyperdht/testnet.js'
