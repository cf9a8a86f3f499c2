// A linked host for each test of a file.
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest';
import { makeTemplate, type HostTemplate } from './agent_host.js';
import { addLinkedRelease, openLinkedHost, type LinkedHost } from './linked_host.js';

/** To be called once per file: opens one before each test, and closes it after that. */
export function useLinkedHost(take: (linked: LinkedHost) => void): void {
  let template: HostTemplate;
  beforeAll(async () => {
    template = await makeTemplate();
    await addLinkedRelease(template);
  });
  afterAll(() => template.remove());
  beforeEach(async () => {
    const linked = await openLinkedHost(template);
    onTestFinished(() => linked.close());
    take(linked);
  });
}
