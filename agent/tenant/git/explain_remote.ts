// The hint for a remote that cannot be fetched from, chosen by the error text of git, curl or ssh.

const explanations: readonly { pattern: RegExp; hint: string }[] = [
  {
    pattern: /could not read (Username|Password)|Authentication failed|returned error: 40[13]/,
    hint: 'The remote does not accept this host’s credentials: set a valid token with `repo_auth: { token_file }`.',
  },
  {
    pattern: /fsck error|[Ee]rror in object|: (bad|has|missing|duplicate|full|empty|null|nul|unknown|gitmodules)\w+: /,
    hint: 'The repository holds the named git object, which git takes for malformed or dangerous: `git fsck --strict` there shows it. Remove the tags whose history holds it, or rewrite that history.',
  },
  {
    pattern: /mismatched algorithms|unknown object format|object-format/,
    hint: 'Git on this host cannot read the object format of this repository: install git 2.34 or later.',
  },
  {
    pattern: /certificate|CAfile/i,
    hint: 'The server’s certificate is from a CA that this host does not trust: set `ca_file` in `repo_auth` to that CA.',
  },
  {
    pattern: /Host key verification failed/,
    hint: 'The server’s key is missing in `known_hosts`, or differs: check the key with the server’s operators, and add it.',
  },
  {
    pattern: /Permission denied \(/,
    hint: 'The remote does not accept the key in `ssh_key`: give it read access to the repository.',
  },
];

/** The hint for this error text. */
export function explainRemote(errorText: string): string {
  const found = explanations.find(({ pattern }) => pattern.test(errorText));
  return found?.hint ?? 'Check that the remote is up, that `repo` names it, and that `repo_auth` gives access to it.';
}
