// Words that the commands of webhooks take.
import { z } from 'zod';
import { tokenName } from '../../shared/model/names.js';

export const webhookName = z.string().refine((given) => tokenName.safeParse(given).success, {
  error: ({ input }) => `${JSON.stringify(input)} is no name of a webhook: a word such as chat is meant`,
});

export const sequence = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, { error: 'the number of a delivery is meant, such as 17' })
  .transform(Number);
