// The supervisor as a program: Perl, which Debian and Ubuntu always have, and which starts in two milliseconds.

/**
 * Its arguments: run folder, standard input, output limit in bytes, uid and gid of the command, the number of words of
 * the sync command, these words, the words of the command. Descriptor 3 is the environment file, which the command's
 * entrance reads.
 *
 * The numbers are Linux's: 0301 is O_WRONLY|O_CREAT|O_EXCL, 4 and 2048 F_SETFL and O_NONBLOCK, 1032 F_GETPIPE_SZ, 434
 * pidfd_open (the same on all architectures since 5.3; -1 before, then it looks every 50 ms), 4 and 11 EINTR and
 * EAGAIN, 1 WNOHANG. Modules that name them would double the time that it takes to start.
 */
export const supervisorProgram = `
my ($run, $input, $limit, $uid, $gid, $words) = splice @ARGV, 0, 6;
my @sync = splice @ARGV, 0, $words;
my @command = @ARGV;
$0 = "drover-supervisor $run";
$SIG{$_} = sub {} for qw(HUP INT QUIT TERM);

sub first_line { open my $file, '<', $_[0] or exit 1; my $line = <$file>; return $line }
sub put {
  my ($file, $text) = @_;
  while (length $text) {
    my $written = syswrite $file, $text;
    if (defined $written) { substr $text, 0, $written, '' } elsif ($! != 4) { return 0 }
  }
  return 1;
}

my $announcement = first_line('/proc/sys/kernel/random/boot_id') . first_line("/proc/$$/stat");
open STDIN, '<', $input or exit 1;
open my $log, '>>', "$run/output" or exit 1;
my $size = -s $log;
my $is_lost = 0;

# Starts a program whose output goes into a pipe of its user's, so that it can open /dev/stdout; undef where it cannot.
sub start {
  pipe my $out, my $in or return;
  chown $uid, $gid, $in;
  my $pid = fork;
  return unless defined $pid;
  return ($pid, $out) if $pid;
  $SIG{$_} = 'DEFAULT' for qw(HUP INT QUIT TERM);
  open STDOUT, '>&', $in and open STDERR, '>&', $in or exit 126;
  exec { $_[0] } @_;
  print STDERR "$_[0]: $!\\n";
  exit 127;
}

# Copies what the pipe holds; false once nothing more can come of it, or it cannot be kept.
sub copy {
  my ($out) = @_;
  my $read = sysread $out, my $bytes, 65536;
  return $! == 4 || $! == 11 ? 1 : 0 unless defined $read;
  return 0 if $read == 0;
  $size += $read;
  return 1 if put($log, $bytes);
  $is_lost = 1;
  return 0;
}

# The wait status of a program once it has ended; undef before. A tracer, which may be any process of its user, hides a
# program that has ended from its parent, until it looks at it or ends itself. The kernel tells the status all the same.
sub status_of {
  my ($pid, $has_ended) = @_;
  return $? if waitpid($pid, 1) == $pid;
  return unless $has_ended;
  open my $file, '<', "/proc/$pid/stat" or return;
  my $line = <$file> // '';
  my @fields = split / /, substr $line, 2 + rindex $line, ')';
  # Its first thread may be a zombie while others run.
  return @fields > 49 && $fields[0] eq 'Z' && $fields[17] <= 1 ? int $fields[49] : undef;
}

# Copies the output until the program ends, and what the pipe holds then; returns the status as a shell does.
sub attend {
  my ($pid, $out) = @_;
  fcntl $out, 4, 2048;
  my $ended = syscall 434, $pid, 0;
  my $status;
  my $is_open = 1;
  for (;;) {
    my $ready = '';
    vec($ready, fileno $out, 1) = 1 if $is_open && $size <= $limit;
    vec($ready, $ended, 1) = 1 if $ended >= 0;
    select($ready, undef, undef, $ended < 0 ? 0.05 : undef);
    my $has_ended = $ended < 0 || vec $ready, $ended, 1;
    last if defined($status = status_of($pid, $has_ended));
    select undef, undef, undef, 0.05 if $ended >= 0 && $has_ended;
    if ($is_open && $size <= $limit && !copy($out)) { close $out; $is_open = 0 }
  }
  my $end = $size + (fcntl($out, 1032, 0) || 65536) if $is_open;
  while ($is_open && $size < $end && $size <= $limit) {
    my $before = $size;
    $is_open = copy($out);
    last if $size == $before;
  }
  discard($out) if $is_open;
  $status = $status & 127 ? 128 + ($status & 127) : $status >> 8;
  return $is_lost && $status == 0 ? 1 : $status;
}

# What is left behind may be a service, or tidy up: SIGPIPE would end it. What it writes from now on goes nowhere. The
# reader is no process of the command: it is outside of the session before "exit" is written, and ends with its writers.
sub discard {
  my ($out) = @_;
  my $pid = fork;
  return unless defined $pid;
  return waitpid $pid, 0 if $pid;
  require POSIX;
  POSIX::setsid();
  exit 0 if fork;
  fcntl $out, 4, 0;
  open STDIN, '<&', $out and exec 'cat';
  exit 1;
}

sysopen my $started, "$run/started", 0301 or exit 1;
put($started, $announcement) && close $started or do { unlink "$run/started"; exit 1 };
my @child = start(@command) or do { unlink "$run/started"; exit 1 };
open my $environment, '<&=', 3;
close $environment;
open STDIN, '<', '/dev/null';
my $status = attend(@child);
if (@sync) {
  my @child = start(@sync);
  $status = 1 if (!@child || attend(@child)) && $status == 0;
}
close $log;
# Nothing of the folder is open any more once "exit" is there.
open my $exit, '>', "$run/exit.draft" or exit $status;
put($exit, "$status\\n") && close $exit && rename "$run/exit.draft", "$run/exit" or unlink "$run/exit.draft";
exit $status;
`;
