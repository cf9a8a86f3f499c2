// What to do about a remote that cannot be fetched from, by what git, curl and ssh say of it.

const explanations: readonly { pattern: RegExp; hint: string }[] = [
  {
    pattern: /could not read (Username|Password)|Authentication failed|returned error: 40[13]/,
    hint: 'The remote does not accept who this host pattern it is: give it a valid token with `repo_auth: { token_file }`.',
  },
  {
    pattern: /certificate|CAfile/i,
    hint: 'Nobody that this host trusts vouches for the server: name its authority with `ca_file` in `repo_auth`.',
  },
  {
    pattern: /Host key verification failed/,
    hint: 'The server’s key is not in `known_hosts`, or is another one: compare it with what its operators say, and add it.',
  },
  {
    pattern: /Permission denied \(/,
    hint: 'The remote does not accept the key in `ssh_key`: give it read access to the repository.',
  },
];

/** The way out. */
export function explainRemote(said: string): string {
  const found = explanations.find(({ pattern }) => pattern.test(said));
  return found?.hint ?? 'See that the remote is up, that `repo` names it, and that `repo_auth` lets this host in.';
}
