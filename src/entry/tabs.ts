export { type TabsOptions, tabs } from '../transports/tabs.ts'
