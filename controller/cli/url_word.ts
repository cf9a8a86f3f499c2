// A URL as a word of a command.
import { z } from 'zod';

/** As the schema, whose message is said of `name`. The word is not shown again: it may have a password. */
export const urlWord = (name: string, schema: z.ZodType<string>) =>
  z.string().transform((text, context) => {
    const { success, error } = schema.safeParse(text);
    if (success) return text;
    context.addIssue(`${name} ${error.issues[0]?.message ?? 'is wrong'}`);
    return z.NEVER;
  });
