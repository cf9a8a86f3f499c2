// The scripts that let a shell complete the words of a program, made from its commands and their options.

export interface CompletedOption {
  /** Such as `--from`. */
  flag: string;
  summary: string;
  takesValue: boolean;
}

export interface CompletedCommand {
  /** Its words; empty for the program itself, one word for a group too. */
  path: readonly string[];
  summary: string;
  options: readonly CompletedOption[];
}

/** Names of a program and of its commands, longest path first. */
export interface Completed {
  name: string;
  commands: readonly CompletedCommand[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The script for this shell. */
export function renderScript(shell: Shell, completed: Completed): string {
  if (shell === 'fish') return renderFish(completed);
  const script = renderBash(completed);
  return shell === 'bash' ? script : `autoload -Uz +X compinit bashcompinit && compinit && bashcompinit\n${script}`;
}

/** The words that may follow a command's own: those of its commands, and its options. */
function listNext({ commands }: Completed, { path, options }: CompletedCommand): string[] {
  const depth = path.length;
  const below = commands.filter((command) => command.path.length === depth + 1 && isIn(path, command.path));
  return [...below.map((command) => command.path[depth] ?? ''), ...options.map(({ flag }) => flag)];
}

const isIn = (group: readonly string[], path: readonly string[]) => group.every((word, index) => path[index] === word);

/** The options that take a value, as alternatives of a pattern. */
function listWithValue({ commands }: Completed): string {
  const options = commands.flatMap((command) => command.options.filter(({ takesValue }) => takesValue));
  return [...new Set(options.map(({ flag }) => flag))].join('|');
}

const functionOf = (name: string) => `_${name.replaceAll('-', '_')}`;

function renderBash(completed: Completed): string {
  const { name, commands } = completed;
  const cases = commands.map((command) => {
    const pattern = command.path.length === 0 ? '*' : `"${command.path.join(' ')} "*`;
    return `    ${pattern}) offered="${listNext(completed, command).join(' ')}" ;;`;
  });
  return `${functionOf(name)}() {
  local word line="" value="" offered="" count=$((COMP_CWORD - 1)) current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:$count}"; do
    if [ -n "$value" ]; then value=""; continue; fi
    case "$word" in
      ${listWithValue(completed)}) value=1 ;;
      -*) ;;
      *) line="$line$word " ;;
    esac
  done
  if [ -n "$value" ]; then COMPREPLY=($(compgen -f -- "$current")); return; fi
  case "$line" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$offered" -- "$current"))
}
complete -F ${functionOf(name)} ${name}
`;
}

const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function renderFish(completed: Completed): string {
  const { name, commands } = completed;
  const at = `_${functionOf(name)}_at`;
  const words = commands
    .filter(({ path }) => path.length > 0)
    .map(({ path, summary }) => {
      const where = [at, ...path.slice(0, -1)].join(' ');
      return `complete -c ${name} -f -n '${where}' -a ${path.at(-1) ?? ''} -d ${quote(summary)}`;
    });
  const options = commands.flatMap(({ path, options }) =>
    options.map(({ flag, summary, takesValue }) => {
      const where = path.length === 0 ? '' : ` -n '${at}_in ${path.join(' ')}'`;
      return `complete -c ${name}${where} -l ${flag.slice(2)}${takesValue ? ' -r' : ''} -d ${quote(summary)}`;
    }),
  );
  return `function ${at}_words
  string join -- ' ' (commandline -opc)[2..] | string replace -ra -- '(^| )((${listWithValue(completed)}) \\S+|-\\S*)' ''
end
function ${at}
  test "$(${at}_words)" = "$argv"
end
function ${at}_in
  string match -q -- "$argv *" "$(${at}_words) "
end
complete -c ${name} -f
${[...words, ...options].join('\n')}
`;
}
