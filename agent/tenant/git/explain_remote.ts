// What to do about a remote that cannot be fetched from, by what git, curl and ssh say of it.

const explanations: readonly { says: RegExp; hint: string }[] = [
  {
    says: /could not read (Username|Password)|Authentication failed|returned error: 40[13]/,
    hint: 'The remote does not accept who this host says it is: give it a valid token with `repo_auth: { token_file }`.',
  },
  {
    says: /certificate|CAfile/i,
    hint: 'Nobody that this host trusts vouches for the server: name its authority with `ca_file` in `repo_auth`.',
  },
  {
    says: /Host key verification failed/,
    hint: 'The server’s key is not in `known_hosts`, or is another one: compare it with what its operators say, and add it.',
  },
  {
    says: /Permission denied \(/,
    hint: 'The remote does not accept the key in `ssh_key`: give it read access to the repository.',
  },
];

/** The way out. */
export function explainRemote(said: string): string {
  const found = explanations.find(({ says }) => says.test(said));
  return found?.hint ?? 'See that the remote is up, that `repo` names it, and that `repo_auth` lets this host in.';
}
