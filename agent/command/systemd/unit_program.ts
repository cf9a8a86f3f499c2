// The program of a command's unit: the supervisor, and what writes the exit where that was killed.
import { supervisorProgram } from '../supervisor/supervisor.js';

/**
 * Run by systemd once all of the unit has ended. Where the supervisor could write no exit it tells systemd's: as a shell
 * does, or as the supervisor's own status, which equals it. What the end of the system has ended has no exit.
 */
const afterStop = `
sub write_exit {
  my ($run) = $0 =~ m{\\A(.*)/}s;
  return if !-e "$run/started" || -e "$run/exit" || system_stops();
  my @names = qw(HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU
    URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS);
  my %number = map { $names[$_] => $_ + 1 } 0 .. $#names;
  my ($code, $value) = @ENV{'EXIT_CODE', 'EXIT_STATUS'};
  my $status = ($code // '') eq 'exited' ? $value : 128 + ($number{$value // ''} // 9);
  require IO::Handle;
  open my $draft, '+<', "$run/exit.draft" or open $draft, '>', "$run/exit.draft" or return;
  printf $draft "%03d\\n", $status;
  $draft->flush && $draft->sync && close $draft && rename "$run/exit.draft", "$run/exit" or return;
  open my $folder, '<', $run and $folder->sync;
}
`;

/** The text of the program for a supervisor with these words. It is a file, so that no property of the unit holds them. */
export function writeUnitProgram(words: readonly string[]): string {
  return `${afterStop}
if (@ARGV) { write_exit(); exit 0 }
$program = $0;
@ARGV = split /\\0/, do { local $/; <DATA> }, -1;
close DATA;
${supervisorProgram}
__DATA__
${words.join('\0')}`;
}
