// The supervisor as a program: Perl, which Debian and Ubuntu always have, and which starts in two milliseconds.
import { attendProgram } from './attend.js';
import { systemPath } from './enter.js';

/** Perl. Whether the system is going down: what ends then was ended by that. */
const systemStopsProgram = `
sub system_stops {
  open my $file, '<', '/proc/1/comm' or return 0;
  my $init = <$file>;
  return 1 if $init =~ /^systemd-shutdow/;
  return $init =~ /^systemd$/ && qx(systemctl is-system-running) =~ /^stopping/;
}
`;

/**
 * Its arguments: run folder, standard input, the id of the boot, output limit in bytes, 1 where output beyond it is skipped,
 * uid of the command, the numbers of the system calls prctl and splice (-1: unknown), the number of words of the sync command,
 * these words, the words of the command.
 * It opens the run folder's `environment` as descriptor 3, which the command's entrance reads.
 *
 * It is two processes. The second one starts the command, copies its output and writes `exit`. The first one waits for the
 * second one and holds the command's pipe as well, unread: where the second one is killed, the command becomes its child, and
 * it goes on where the other one was. Where the first one is killed, the second one goes on alone. The second one begins only
 * once both stand in `started`; it tells the first one what it has begun, and how that ended.
 *
 * The numbers are Linux's: 0301 is O_WRONLY|O_CREAT|O_EXCL, 36 PR_SET_CHILD_SUBREAPER, 4 EINTR. $^F is the highest descriptor
 * that a program inherits. Modules that name them would double the time that it takes to start. $program is the file that this
 * is run from, where it is one.
 */
export const supervisorProgram = `
${systemStopsProgram}
my ($run, $input, $boot, $limit, $skips, $uid, $prctl, $splice, $words) = splice @ARGV, 0, 9;
$_ += 0 for $skips, $prctl, $splice;
my @sync = splice @ARGV, 0, $words;
my @command = @ARGV;
$0 = "drover-supervisor $run";
my $is_told = 0;
$SIG{$_} = sub {} for qw(HUP INT QUIT PIPE);
$SIG{TERM} = sub { $is_told = 1 };
%ENV = (PATH => '${systemPath}');

sub first_line { open my $file, '<', $_[0] or exit 1; my $line = <$file>; return $line }
sub put {
  my ($file, $text) = @_;
  while (length $text) {
    my $written = syswrite $file, $text;
    if (defined $written) { substr $text, 0, $written, '' } elsif ($! != 4) { return 0 }
  }
  return 1;
}

# The first free descriptor is the third one, whatever the starter left open there. Only the command's entrance inherits it.
if (open my $inherited, '<&=', 3) { close $inherited }
$^F = 3;
open my $environment, '<', "$run/environment" or exit 1;
$^F = 2;
fileno $environment == 3 or exit 1;
my $announcement = "$boot\\n" . first_line("/proc/$$/stat");
open STDIN, '<', $input or exit 1;
# Not for appending, where splice refuses. Both processes have the one position in it.
open my $log, '+<', "$run/output" or exit 1;
my $size = sysseek $log, 0, 2;
my $is_lost = 0;
${attendProgram}
# Syncs what must be durable, and writes the exit. Nothing of the folder is open any more once "exit" is there.
sub finish {
  my ($status) = @_;
  if (@sync) {
    my ($out, $in) = make_pipe();
    my $pid = $in && start($in, sub {}, @sync);
    close $in if $in;
    $status = 1 if (!$pid || attend($pid, $out, sub {})) && $status == 0;
  }
  close $log;
  exit $status if $is_told && system_stops();
  open my $exit, '+<', "$run/exit.draft" or exit $status;
  put($exit, sprintf "%03d\\n", $status) && close $exit && rename "$run/exit.draft", "$run/exit";
  exit $status;
}

my ($out, $in) = make_pipe() or exit 1;
pipe my $wait, my $go or exit 1;
pipe my $news, my $tell or exit 1;

# Called by the command's own process before it begins. The file is for an agent that finds no supervisor any more: then the
# command runs for as long as this process does.
sub announce {
  my $stat = first_line("/proc/$$/stat");
  if (open my $file, '>', "$run/process") { put($file, $stat) }
  syswrite $tell, "$$\\n";
}

sysopen my $started, "$run/started", 0301 or exit 1;
sub give_up { unlink "$run/exit.draft", "$run/started"; exit 1 }
# A program that is a file was removed where nobody waits for the command any more.
defined $program && !-e $program and give_up();
# The exit has its room before the command begins: the disk may be full when it ends. No status is what a power cut leaves in it:
# the name can reach the disk before what is written there in place.
open my $room, '>', "$run/exit.draft" or give_up();
put($room, "...\\n") && close $room or give_up();
my $first = $$;
my $second = fork;
defined $second or give_up();
if ($second == 0) {
  close $_ for $go, $news, $started;
  sysread $wait, my $begin, 1 or exit 1;
  my $pid = start($in, \\&announce, @command) or give_up();
  close $in;
  close $environment;
  open STDIN, '<', '/dev/null';
  # The first one must not keep the pipe open to a command whose output cannot be kept: it shall get SIGPIPE.
  my $status = attend($pid, $out, sub { kill USR1 => $first if $is_lost && getppid == $first });
  syswrite $tell, "ended $status\\n";
  finish($status);
}
close $_ for $wait, $tell, $in;
$SIG{USR1} = sub { close $out; $is_lost = 1 };
syscall $prctl, 36, 1, 0, 0, 0 if $prctl >= 0;
put($started, $announcement . first_line("/proc/$second/stat")) && close $started
  or give_up();
syswrite $go, 'g';
close $environment;
open STDIN, '<', '/dev/null';

# Whatever the command leaves behind becomes a child of this process as well.
my $ended;
do { $ended = waitpid -1, 0 } until $ended == $second || ($ended < 0 && $! != 4);
exit 1 if $ended < 0;
exit $? >> 8 unless $? & 127;
my $told = do { local $/; <$news> } // '';
my ($pid) = $told =~ /\\A(\\d+)\\n/ or exit 1;
$size = -s $log;
my ($status) = $told =~ /^ended (\\d+)$/m;
finish($status // attend($pid, $out, sub {}));
`;
