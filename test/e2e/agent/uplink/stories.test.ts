// A controller and a real agent: what is asked for is done, and its whole story arrives.
import { expect, onTestFinished, test } from 'vitest';
import { startTestController, type TestControllerOptions } from '../../../helpers/test_controller.js';
import { useHosts } from '../../upgrade/hosts.js';

const hosts = useHosts({ releases: [] });

async function open(options: TestControllerOptions = {}) {
  const controller = await startTestController(options);
  onTestFinished(() => controller.close());
  const host = await hosts.open({ agentKeys: controller.agentKeys });
  await controller.until(() => controller.reports().length > 0);
  return { controller, host };
}

test('an upgrade that a controller asks for arrives as a whole, in order, without gap or duplicate', async () => {
  const { controller, host } = await open();
  const { id, answer } = await controller.offer({ version: 'v0.4.0' });
  expect(answer).toMatchObject({ type: 'answer', upgrade: id, error: null });
  expect(await controller.result(id)).toMatchObject({ status: 'success', current_version: 'v0.4.0' });
  const story = controller.stories.get(id);
  expect(story?.seamless).toBe(true);
  expect(story?.events[0]).toMatchObject({ type: 'begin', config: null });
  const told = await (await host.connect()).tell(id);
  expect(story?.events).toEqual(told.events);
  expect(new Map([...(story?.outputs ?? [])].map(([key, { text }]) => [key, text]))).toEqual(told.outputs);
});
