// Finds out what a tenant's paths really are, by a look of the tenant's user: through links and mounts.
import { AppError } from '../../shared/errors.js';
import type { RunProbe, User } from '../command/spec.js';
import type { TenantPath } from '../command/tenant_path.js';
import { agentLimits } from '../limits.js';
import { gatherLooks } from './gather_looks.js';
import { lookAt, type Looking } from './tenant_files.js';

export interface RealPlace {
  kind: 'folder' | 'file' | 'missing';
  /**
   * What it is, and then every folder above it, the nearest first: each a `device:inode`, but what does not exist, or
   * cannot be reached, is the nearest folder that can, and the path in it.
   */
  ids: readonly string[];
  /** Whether a symbolic link on its way could be another user's than root's. */
  isLed: boolean;
}

export interface RealPlaces {
  /** Whether the first of them holds a `.git`; in a linked work tree (git worktree) it is a file. */
  git: boolean;
  places: RealPlace[];
}

type Paths = readonly [TenantPath, ...TenantPath[]];

/**
 * In Perl, as each program that a shell starts costs more than all its looks. Arguments: for each tenant the number of its
 * paths, and the paths. Prints for each tenant whether there is a `.git`, and for each path its kind, the owners of the
 * links on its way, what of it does not exist or cannot be reached, and the ids of what can.
 */
const script = String.raw`
use Cwd ();
sub find {
  my ($place) = @_;
  my $kind = -d $place ? 'folder' : -e _ ? 'file' : 'missing';
  my (@owners, @ids);
  for (my $at = $place; $at ne ''; $at =~ s{/[^/]*\z}{}) { push @owners, (lstat _)[4] if -l $at }
  for (1 .. 40) {
    last if $kind ne 'file' || !-l $place;
    my $target = readlink $place;
    $place = $target =~ m{\A/} ? $target : $place =~ s{[^/]*\z}{$target}r;
  }
  my $below = '';
  until (chdir "$place/") {
    $place =~ s{(/[^/]*)\z}{};
    $below = $1 . $below;
  }
  my $folder = Cwd::getcwd() // '';
  my $at = $folder =~ s{/\z}{}r . $below;
  if (-e $at) { $below = '' } else { $at = $folder }
  for (; $at ne ''; $at =~ s{/[^/]*\z}{}) { my @stat = lstat $at; push @ids, "$stat[0]:$stat[1]" if @stat && $at ne '/' }
  my ($device, $inode) = lstat '/';
  return ($kind, "@owners", $below, join ' ', @ids, "$device:$inode");
}
while (@ARGV) {
  my ($count, @rest) = @ARGV;
  my @places = splice @rest, 0, $count;
  @ARGV = @rest;
  my $git = -e "$places[0]/.git" ? 'git' : '';
  syswrite STDOUT, join '', map { "$_\0" } $git, map { find($_) } @places;
  chdir '/';
}
`;

/** In the order of the paths. Throws AppError `config` where the user cannot look at all, and `time-limit`. */
export type FindPlaces = (user: User, paths: Paths) => Promise<RealPlaces>;

/** For a few tenants or for hundreds: those that are asked for at a time share a process. */
export function createPlaceFinder(probe: RunProbe): FindPlaces {
  return gatherLooks({
    askOne: (user, paths) => findPlaces({ probe, user }, paths),
    async askMany(user, tenants) {
      const limits = { timeLimitMs: agentLimits.looksTogether.max, keepsPrinted: true };
      const { stdout } = await lookAt(
        { probe, user },
        { script, language: 'perl', words: wordsOf(tenants), ...limits },
      );
      return parseAnswers(stdout, tenants);
    },
  });
}

async function findPlaces(looking: Looking, paths: Paths): Promise<RealPlaces> {
  const { stdout, stderr } = await lookAt(looking, { script, language: 'perl', words: wordsOf([paths]) });
  const [found] = parseAnswers(stdout, [paths]);
  if (found !== undefined) return found;
  const [first] = paths;
  throw new AppError('config', `${looking.user.name} cannot look at ${first.shown}: ${stderr.trim()}`, {
    hint: 'The agent runs commands as that user, so it must be that user or root.',
  });
}

const wordsOf = (tenants: readonly Paths[]) => tenants.flatMap((paths) => [String(paths.length), ...paths]);

/** Of the first tenants, as far as their answers are complete. */
function parseAnswers(stdout: string, tenants: readonly Paths[]): RealPlaces[] {
  const fields = stdout.split('\0').slice(0, -1);
  const answers: RealPlaces[] = [];
  for (const paths of tenants) {
    const [git, ...ofPlaces] = fields.splice(0, 1 + paths.length * fieldsEach);
    if (ofPlaces.length < paths.length * fieldsEach) break;
    const places = paths.map((_, index) => parsePlace(ofPlaces.slice(index * fieldsEach, (index + 1) * fieldsEach)));
    answers.push({ git: git === 'git', places });
  }
  return answers;
}

const fieldsEach = 4;

function parsePlace([kind = '', owners = '', below = '', ids = '']: readonly string[]): RealPlace {
  const [nearest = '', ...others] = splitWords(ids);
  return {
    kind: kind === 'folder' || kind === 'file' ? kind : 'missing',
    ids: below === '' ? [nearest, ...others] : [nearest + below, nearest, ...others],
    isLed: splitWords(owners).some((owner) => owner !== '0'),
  };
}

function splitWords(text: string): string[] {
  return text.split(/\s/).filter((word) => word !== '');
}
