export type { Connection, Transport, TransportTarget } from '../connection.ts'
export {
  type AcceptedWebSocket,
  type AcceptWebSocketOptions,
  acceptWebsocket,
  type WebSocketClass,
  type WebSocketConnectionOptions,
  type WebSocketLike,
  type WebSocketOptions,
  websocket,
  websocketConnection,
} from '../transports/websocket.ts'
