// Values that several keys of the tenant file share: command lines, paths inside the tenant.
import path from 'node:path';
import { z } from 'zod';

/** A command line as a list: `[bin/ctl, stop]`. A path relative to `app_dir`, an absolute path, or a name on PATH. */
export const commandLine = z
  .tuple([z.string().min(1)], z.string())
  .describe('a command as a list of words, such as [bin/ctl, stop]');
export type CommandLine = z.infer<typeof commandLine>;

/** The name of an account of this host. */
export const accountName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$/, 'must be the name of an account');

/** A command line, which the tenant's user runs; or one that another account runs, which then names its program in full. */
export const configuredCommandSchema = z.union([
  commandLine,
  z.strictObject({
    user: accountName,
    run: commandLine.refine(([program]) => path.isAbsolute(program) && path.normalize(program) === program, {
      message: 'must begin with an absolute path, as `user` is given',
    }),
  }),
]);
export type ConfiguredCommand = z.infer<typeof configuredCommandSchema>;

/** A path that stays inside the folder it is relative to. */
export const innerPath = z
  .string()
  .min(1)
  .refine((text) => !path.isAbsolute(text) && !path.normalize(text).startsWith('..'), {
    message: 'must be a path inside the tenant (relative, without ..)',
  })
  .transform((text) => path.normalize(text).replace(/\/$/, ''));
