// Bash scripts of the agent itself.

/**
 * The words that run `script` with `args`, which it finds as `$@`. Bash reads the user's ~/.bashrc also for `-c` where
 * its standard input is a socket, as it is below a daemon: what that prints or changes must not reach the script.
 */
export function bashWords<Arg>(script: string, args: readonly Arg[]): [string, ...(string | Arg)[]] {
  return ['bash', '--norc', '-c', script, 'bash', ...args];
}
