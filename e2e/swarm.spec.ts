import { expect, MB, noise, sha256 } from './demo.ts'
import { test } from './network.ts'

test('browsers on two of three bridges meet and exchange feeds; one bridge is killed, and comes back', async ({
  network,
}, info) => {
  const flags = await network.startDht()
  const start = () => network.startBridge({ keeps: true, flags })
  const [first, second, third] = await Promise.all([start(), start(), start()])
  // The one goes to another bridge of its list when its own is gone, the other has one only.
  const one = await (await network.launch([first, second])).open()
  const other = await (await network.launch([third])).open()
  for (const tab of [one, other]) {
    await expect(tab.page.locator('#presence')).toHaveText('1 peer and the bridge connected')
    await expect(tab.peers.locator('.way')).toHaveText(['Direct', 'Bridge'])
    await tab.acceptEverything()
  }
  await one.write('Hello from the first bridge')
  await other.write('Hello from the third')
  for (const tab of [one, other]) await expect(tab.messages).toHaveCount(2)

  await first.stop('SIGKILL')
  const path = await noise(info.outputPath('noise.bin'), 2 * MB)
  await other.add(path)
  await one.hasWhole('noise.bin')
  await one.write('The first is dead')
  await expect(other.messages).toHaveCount(3)
  await expect(one.page.locator('#presence')).toHaveText('1 peer and the bridge connected')
  // Met by signalling of the second and the third.
  const late = await (await network.launch([second])).open()
  await expect(late.page.locator('#presence')).toHaveText('2 peers and the bridge connected')
  for (const tab of [one, other, late]) await tab.page.close()

  // It has been away; who has nobody but it gets everything.
  await first.start()
  const last = await (await network.launch([first])).open()
  await last.acceptEverything()
  await expect(last.messages).toHaveCount(3)
  await last.hasWhole('noise.bin')
  expect(await last.sha256('noise.bin')).toBe(await sha256(path))
})
