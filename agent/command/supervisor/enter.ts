// Switches a process of the agent to the command's user, folder and environment.
import type { CommandSpec, User } from '../spec.js';
import { TenantPath, type Word } from '../tenant_path.js';
import { isConfined } from '../user.js';

/** The PATH for the agent's own programs, and for commands whose environment has none. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs as the command's user, so that folder, PATH, LD_PRELOAD and the like never affect root. The environment is read
 * from descriptor 3: as arguments it would show in `ps`; an incomplete one is refused. All descriptors but 0 to 2 are
 * closed, also those that the agent itself inherited. The last line is reached where the program cannot be run.
 */
const entrance = `
sub refuse { print STDERR "$_[0]: $!\\n"; exit $_[1] }
my $cwd = shift @ARGV;
chdir $cwd or refuse($cwd, 126);
open my $file, '<&=', 3 or exit 126;
my $text = do { local $/; <$file> };
my ($count, $entries) = $text =~ /\\A([0-9]+)\\n(.*)\\z/s or exit 126;
my @entries = split /\\0/, $entries, -1;
pop @entries;
exit 126 if @entries != $count;
opendir my $folder, '/proc/self/fd' or refuse('/proc/self/fd', 126);
for my $descriptor (readdir $folder) {
  next if $descriptor !~ /\\A[0-9]+\\z/ || $descriptor < 3;
  open my $inherited, '<&=', $descriptor or next;
  close $inherited;
}
umask 022;
%ENV = (PATH => $ENV{PATH}, map { split /=/, $_, 2 } @entries);
exec { $ARGV[0] } @ARGV;
refuse($ARGV[0], $! == 2 ? 127 : 126);
`;

/** The argv that runs a command as its user in its folder; it reads `exportEnvironment`'s text from descriptor 3. */
export function enterCommand(
  { user, cwd, argv }: Pick<CommandSpec, 'user' | 'cwd' | 'argv'>,
  agentUid: number,
): [string, ...string[]] {
  const words = textsOf([cwd, ...argv]);
  const [file = 'perl', ...rest] = [...becomeUser(user, agentUid), 'perl', '-e', entrance, '--', ...words];
  return [file, ...rest];
}

/**
 * The words before a program that run it as this user. Neither it nor its descendants gain rights: a set-user-id
 * program such as sudo runs as its caller. Users with `privileges: 'keep'`, and root, keep what they have.
 * `--init-groups` sets the user's supplementary groups; uid and gid alone would leave none.
 */
export function becomeUser(user: User, agentUid: number): string[] {
  const isOther = user.uid !== agentUid;
  const confined = isConfined(user);
  const options = [
    ...(isOther ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups'] : []),
    ...(confined ? ['--no-new-privs', '--inh-caps=-all'] : []),
    // Only root may drop from the bounding set. Without it no program that the user runs can have a capability.
    ...(confined && agentUid === 0 ? ['--bounding-set=-all'] : []),
  ];
  return options.length === 0 ? [] : ['setpriv', ...options, '--'];
}

/** The words of a process that becomes its user before it looks at any of them. */
export function textsOf(words: readonly Word[]): string[] {
  return words.map((word) => TenantPath.textOf(word));
}

/** The environment as the entrance reads it: the number of variables, and each as `NAME=value` with a NUL after it. */
export function exportEnvironment(env: CommandSpec['env']): string {
  const entries = Object.entries(env);
  return `${entries.length}\n${entries.map(([name, value]) => `${name}=${TenantPath.textOf(value)}\0`).join('')}`;
}
