// Whether the controller can do its work.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { defineRoute } from '../route.js';

export const route = defineRoute({
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
