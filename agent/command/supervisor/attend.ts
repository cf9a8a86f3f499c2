// The part of the supervisor's program that starts one program, copies its output, and waits for its end.

/**
 * Perl. It uses these variables of the whole: $log, the file that output is copied to, $size, its size, $limit, from which
 * on nothing is copied, $skips, true where what comes then is read all the same, $is_lost, true once output could not be
 * kept, $uid of the command, and $splice, the number of that system call (-1: unknown).
 *
 * The numbers are Linux's: 4 and 2048 are F_SETFL and O_NONBLOCK, 1032 F_GETPIPE_SZ, 434 pidfd_open (the same on all
 * architectures since 5.3; -1 before, then it looks every 50 ms), 4 and 11 EINTR and EAGAIN,
 * 22 and 38 EINVAL and ENOSYS, 2 SPLICE_F_NONBLOCK, 1 WNOHANG.
 */
export const attendProgram = `
# A pipe of the command's user, so that it can open /dev/stdout; nothing where none is free.
sub make_pipe {
  # Who makes it owns it.
  local $> = $uid;
  pipe my $out, my $in or return;
  return ($out, $in);
}

# Starts a program whose output goes into the pipe; undef where it cannot. It announces itself before it begins.
sub start {
  my ($in, $announce) = splice @_, 0, 2;
  my $pid = fork;
  return $pid if !defined $pid || $pid;
  $SIG{$_} = 'DEFAULT' for qw(HUP INT QUIT TERM PIPE);
  $announce->();
  open STDOUT, '>&', $in and open STDERR, '>&', $in or exit 126;
  exec { $_[0] } @_;
  print STDERR "$_[0]: $!\\n";
  exit 127;
}

# Moves what the pipe holds to the log; false once nothing more can come of it, or it cannot be kept. The kernel moves it,
# where the file system can: whoever kills this process loses nothing that it had read and not written yet.
sub copy {
  my ($out) = @_;
  my $moved = $splice < 0 ? -1 : syscall $splice, fileno $out, 0, fileno $log, 0, 65536, 2;
  return read_and_write($out) if $moved < 0 && ($splice < 0 || $! == 22 || $! == 38);
  return 1 if $moved < 0 && ($! == 4 || $! == 11);
  $is_lost = 1 if $moved < 0;
  $size += $moved if $moved > 0;
  return $moved > 0;
}

sub read_and_write {
  my ($out) = @_;
  my $read = sysread $out, my $bytes, 65536;
  return $! == 4 || $! == 11 ? 1 : 0 unless defined $read;
  return 0 if $read == 0;
  $size += $read;
  return 1 if put($log, $bytes);
  $is_lost = 1;
  return 0;
}

# Reads what nobody keeps; false once nothing more can come of it.
sub skip {
  my ($out) = @_;
  my $read = sysread $out, my $bytes, 65536;
  return defined $read ? $read > 0 : $! == 4 || $! == 11;
}

# The wait status of a program once it has ended; undef before. A tracer, which may be any process of its user, hides a
# program that has ended from its parent, until it looks at it or ends itself. The kernel tells the status all the same.
sub status_of {
  my ($pid, $has_ended) = @_;
  return $? if waitpid($pid, 1) == $pid;
  return unless $has_ended;
  # Nobody can tell any more how it ended: it was no child of this process.
  open my $file, '<', "/proc/$pid/stat" or exit 1;
  my $line = <$file> // '';
  my @fields = split / /, substr $line, 2 + rindex $line, ')';
  # Its first thread may be a zombie while others run.
  return @fields > 49 && $fields[0] eq 'Z' && $fields[17] <= 1 ? int $fields[49] : undef;
}

# Copies the output until the program ends, and what the pipe holds then; returns the status as a shell does. Calls $let_go
# before it closes the pipe while the program runs.
sub attend {
  my ($pid, $out, $let_go) = @_;
  fcntl $out, 4, 2048 if defined fileno $out;
  my $ended = syscall 434, $pid, 0;
  my $status;
  my $is_open = defined fileno $out;
  for (;;) {
    my $ready = '';
    my $is_full = $size > $limit;
    my $is_read = $is_open && ($skips || !$is_full);
    vec($ready, fileno $out, 1) = 1 if $is_read;
    vec($ready, $ended, 1) = 1 if $ended >= 0;
    select($ready, undef, undef, $ended < 0 ? 0.05 : undef);
    my $has_ended = $ended < 0 || vec $ready, $ended, 1;
    last if defined($status = status_of($pid, $has_ended));
    select undef, undef, undef, 0.05 if $ended >= 0 && $has_ended;
    if ($is_read && !($is_full ? skip($out) : copy($out))) { $let_go->(); close $out; $is_open = 0 }
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
`;
