// Shell lines by which a process of a test hides its end: a tracer of its user keeps what has ended from its parent.

/** PTRACE_SEIZE, by the number of the system call on each architecture; the tracer says in a file who it is. */
const tracer = `
my ($pid, $file) = @ARGV;
my $call = \`uname -m\` =~ /x86_64/ ? 101 : 117;
syscall($call, 0x4206, $pid + 0, 0, 0) == 0 or die "ptrace: $!";
open my $told, ">", "$file.new"; print $told $$; close $told; rename "$file.new", $file;
exec "sleep", "600";`;

/** The shell's own end is hidden from now on, by a tracer outside of the command, which says its pid in that file. */
export const hideEnd = (file: string, pid = '$$') => `
setsid env -i PATH="$PATH" perl -e '${tracer}' ${pid} "${file}" >/dev/null 2>&1 &
while [ ! -e "${file}" ]; do :; done`;

/** A process whose first thread ends while another, whose id it tells in a file, lives on. */
export const endFirstThread = (file: string) => `exec /usr/bin/python3 -c '
import ctypes, os, threading, time
def last():
    with open("${file}.new", "w") as told: told.write(str(threading.get_native_id()))
    os.rename("${file}.new", "${file}")
    time.sleep(600)
threading.Thread(target=last).start()
ctypes.CDLL(None).syscall(60 if os.uname().machine == "x86_64" else 93, 0)'`;
