export type {
  Connection,
  Signal,
  SignalEvents,
  SignalRoom,
  Transport,
  TransportTarget,
} from '../connection.ts'
export { type BroadcastSignalOptions, broadcastSignal } from '../transports/broadcast-signal.ts'
export { type WebRtcImplementation, type WebRtcOptions, webrtc } from '../transports/webrtc.ts'
export { type WebSocketSignalOptions, websocketSignal } from '../transports/websocket-signal.ts'
