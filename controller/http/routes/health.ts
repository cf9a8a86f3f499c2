// Health checks: whether the controller runs, and whether it can do its work. Neither needs a token.
import { AppError } from '../../../shared/errors.js';
import { definePublicRoute, type Route } from '../route.js';
import { z } from 'zod';
import { healthPath, healthSchema } from '../../../shared/wire/api.js';

const healthz = definePublicRoute({
  method: 'GET',
  path: healthPath,
  summary: 'Whether the controller runs',
  answers: {
    200: { description: 'The controller runs', json: healthSchema },
  },
  handle: async ({ version }) => ({ status: 'ok', version }),
});

const readyz = definePublicRoute({
  method: 'GET',
  path: '/readyz',
  summary: 'Whether the controller can do its work',
  answers: { 200: { description: 'The controller is ready', json: z.object({ status: z.literal('ready') }) } },
  async handle({ isReady, probeStore }) {
    if (isReady()) {
      await probeStore();
      return { status: 'ready' };
    }
    throw new AppError('unreachable', 'the controller is not ready yet', { hint: 'Ask again in a moment.' });
  },
});

export const healthRoutes: readonly Route[] = [healthz, readyz];
