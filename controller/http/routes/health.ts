// Whether the controller runs, and can do its work. Both need no token.
import { AppError } from '../../../shared/errors.js';
import { defineRoute, type Route } from '../route.js';
import { z } from 'zod';

const healthz = defineRoute({
  method: 'GET',
  path: '/healthz',
  role: 'public',
  summary: 'Whether the controller runs',
  input: {},
  answers: { 200: { description: 'It does', json: z.object({ status: z.literal('ok'), version: z.string() }) } },
  handle: async ({ version }) => ({ status: 'ok', version }),
});

const readyz = defineRoute({
  method: 'GET',
  path: '/readyz',
  role: 'public',
  summary: 'Whether the controller can do its work',
  input: {},
  answers: { 200: { description: 'It can', json: z.object({ status: z.literal('ready') }) } },
  async handle({ isReady }) {
    if (isReady()) return { status: 'ready' };
    throw new AppError('unreachable', 'the controller is not ready yet', { hint: 'Ask again in a moment.' });
  },
});

export const healthRoutes: readonly Route[] = [healthz, readyz];
