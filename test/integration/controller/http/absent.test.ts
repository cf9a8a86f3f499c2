// With a token, a request about a rollout, a fleet plan or a freeze that there is not comes to its route.
import { expect, it } from 'vitest';
import { routes } from '../../../../controller/http/routes.js';
import { serve } from '../../../helpers/controller/serve_api.js';

it('is answered with not found, or with what its body lacks', async () => {
  const { ask } = await serve();
  const absent = routes.filter(({ path }) => /\/(?:rollouts|freezes)\/.*:/.test(path));
  for (const { method, path } of absent) {
    const { status } = await ask(path.replace(/:\w+/, 'one'), { method });
    expect(status, `${method} ${path}`).toBeOneOf([404, 422]);
  }
  expect(absent.length).toBeGreaterThan(10);
});
