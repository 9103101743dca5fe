import { idb, usage } from '../src/entry/storage.ts'
import { findBridges } from './bridge.ts'
import { Changes } from './changes.ts'
import { exposeForTests } from './debug.ts'
import { blobOf, type Import } from './files.ts'
import { Importing } from './importing.ts'
import { type Feed, Library } from './library.ts'
import { timelineOf } from './messages.ts'
import { Network } from './network.ts'
import { claimProfile } from './profiles.ts'
import { enterRoom } from './room.ts'
import { showAvatar } from './view/avatar.ts'
import { showBridge } from './view/bridge-state.ts'
import { byId, setText } from './view/dom.ts'
import { createFeeds, type FeedLists } from './view/feeds.ts'
import { inBytes } from './view/format.ts'
import { listenToInputs } from './view/inputs.ts'
import { createInvitation } from './view/invitation.ts'
import { say, warn } from './view/notices.ts'
import { openFile, saveFile } from './view/open-file.ts'
import { createPeers } from './view/peers.ts'
import { createTimeline } from './view/timeline.ts'
import { inWords } from './words.ts'

/** Milliseconds between two looks at round trips and rates. */
const statsInterval = 1_000

/** What `why` says of a feed that a peer has taken. */
const takes = new Set(['replicating', 'synced'])

const problem = (what: string, error: unknown) => warn(inWords(what, error))

async function start() {
  const room = enterRoom()
  if (!room) {
    warn(
      'The address holds no usable key: after the # there must be 64 digits from 0 to f. Remove it for a new room.',
    )
    return
  }
  if (!navigator.locks) {
    warn('This demo needs a secure page: open it by https, or on this computer by http://localhost.')
    return
  }
  createInvitation(room)
  const bridges = await findBridges()
  const profile = await claimProfile(room, bridges.length > 0)
  const library = await Library.open(idb(profile.database), profile.name)
  showProfile(profile.name)

  const changes = new Changes()
  const changed = changes.happened
  const network = new Network({ room, name: profile.name, bridges }, library, { changed, said: say, problem })
  library.hooks = {
    changed,
    grew: (feed) => {
      if (feed.header.kind === 'messages') network.update(feed)
      changed()
    },
    problem,
  }
  const importing = new Importing(library, profile.name, { changed, said: say, problem })
  listenTo(library, network, importing)
  exposeForTests({ profile, library, network })
  changes.listen(createViews(library, network, importing))
  network.start()
}

/** What a person does. */
function listenTo(library: Library, network: Network, importing: Importing) {
  listenToInputs({
    write: (text) => {
      library.write(text).catch((error) => problem('Your message cannot be stored.', error))
    },
    add: (files) => importing.add(files),
    acceptAll: (on) => {
      library.setAcceptAll(on)
      if (on) network.accept(network.offered.filter(({ key }) => !library.isDeclined(key)))
    },
  })
}

/** What a person sees; gives what shows the present state. */
function createViews(library: Library, network: Network, { imports }: Importing): () => void {
  const showFeeds = createFeeds({
    accept: (offer) => network.accept([offer]),
    decline: ({ key }) => library.decline(key),
    open: withFile((blob) => {
      if (!openFile(blob))
        warn('The browser kept the new tab from opening. Allow it for this page, or save the file.')
    }),
    save: withFile(saveFile),
  })
  const showPeers = createPeers()
  const showTimeline = createTimeline()
  setInterval(() => {
    showPeers(network.peers)
    void showUsage()
  }, statsInterval)
  return () => {
    showTimeline(timelineOf(library.feeds.values()))
    showFeeds(listsOf(library, network, imports))
    showPeers(network.peers)
    showBridge(network.bridge)
    byId<HTMLInputElement>('accept-all').checked = library.acceptAll
  }
}

const withFile = (use: (blob: Blob, name: string) => void) => async (feed: Feed) => {
  try {
    use(await blobOf(feed), feed.header.name)
  } catch (error) {
    problem(`“${feed.header.name}” cannot be read.`, error)
  }
}

function showProfile(name: string) {
  document.title = `${name} · replic8 demo`
  setText(byId('me-name'), name)
  showAvatar(byId('me-avatar'), name)
  byId('me').hidden = false
  const link = byId<HTMLAnchorElement>('second-tab')
  link.href = location.href
  link.hidden = false
}

function listsOf(library: Library, network: Network, imports: Import[]): FeedLists {
  const { offered, peers } = network
  const held = [...library.feeds.values()]
  return {
    undecided: offered.filter(({ key }) => !library.isDeclined(key)),
    declined: offered.filter(({ key }) => library.isDeclined(key)),
    held: [...held.filter(({ own }) => own), ...held.filter(({ own }) => !own)],
    imports,
    takers: ({ core }) =>
      peers
        .filter((peer) => peer.sessions.some((session) => takes.has(session.why(core.key).code)))
        .map(({ name }) => name),
    company: peers.length > 0,
  }
}

async function showUsage() {
  const { used } = await usage()
  if (used !== undefined) setText(byId('usage'), `: ${inBytes(used)} so far`)
}

start().catch((error) => warn(inWords('The demo could not start.', error)))
