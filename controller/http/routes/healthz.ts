// Whether the controller runs.
import { z } from 'zod';
import { defineRoute } from '../route.js';

export const route = defineRoute({
  method: 'GET',
  path: '/healthz',
  role: 'public',
  summary: 'Whether the controller runs',
  input: {},
  answers: { 200: { description: 'It does', json: z.object({ status: z.literal('ok'), version: z.string() }) } },
  handle: async ({ version }) => ({ status: 'ok', version }),
});
