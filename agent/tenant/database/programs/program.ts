// What our small programs share: arguments in, one line on standard output, or one line on standard error and exit 1.
// They run while the tenant is down, so they import as little as possible (zod alone would double their start-up time).

/** A database file and its backup. */
export interface BackedUpFile {
  file: string;
  backup: string;
}

interface Arguments {
  /** The next argument; throws naming it when there is none. */
  next(name: string): string;
  /** How many pairs of a database and its backup follow, and these. */
  pairs(): BackedUpFile[];
  /** All remaining arguments. */
  all(): string[];
  /** All remaining arguments, joined: one argument holds 128 KiB at most, so a longer value comes in parts. */
  rest(): string;
}

/** Runs a program: what `body` returns is printed. To be called once per process. */
export async function runProgram(body: (args: Arguments) => Promise<string> | string): Promise<void> {
  const words = process.argv.slice(2);
  const args: Arguments = {
    next(name) {
      const word = words.shift();
      if (word === undefined) throw new Error(`the argument <${name}> is missing`);
      return word;
    },
    pairs: () =>
      Array.from({ length: Number(args.next('count')) }, () => ({
        file: args.next('database'),
        backup: args.next('backup'),
      })),
    all: () => words.splice(0),
    rest: () => words.splice(0).join(''),
  };
  try {
    process.stdout.write(`${await body(args)}\n`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message.replaceAll(/\s+/g, ' ')}\n`);
    process.exitCode = 1;
  }
}
