// The tenant file's key `services`.
import { z } from 'zod';
import { configuredCommandSchema } from '../values.js';

const units = z
  .array(
    z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9:_.@\\-]*\.(service|socket|timer|target|path)$/,
        'must be a unit name such as web.service',
      )
      .refine((name) => !name.includes('@.'), 'must be an instance such as web@1.service: a template is no unit'),
  )
  .min(1);

const commands = z.strictObject({
  /** Starts the services and returns. The processes that it leaves running are the services. */
  start: configuredCommandSchema,
  /** Stops them and returns. */
  stop: configuredCommandSchema,
  /** Exits 0 while they run, and otherwise with another code. */
  status: configuredCommandSchema,
});

export const servicesSchema = z.union([z.literal('none'), units, commands]);
export type ServicesConfig = z.infer<typeof servicesSchema>;
