/** The class that a page or a worker has, and Node from version 22 on. Read when it is needed, as it may come late. */
export const ownWebSocket = (): unknown => (globalThis as { WebSocket?: unknown }).WebSocket
