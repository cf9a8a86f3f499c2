// Finds files in a tenant's folder by pattern, in a command of the tenant's user. Bash expands the patterns, so any
// file name is safe.

/**
 * A bash function that prints the files and symlinks (not folders) that its arguments match, relative to the working
 * folder, each with a NUL after it. `**` reaches into subfolders; as in a shell, `*` leaves out names that start with a
 * dot.
 */
export const printMatches = String.raw`
print_matches() (
  shopt -s nullglob globstar
  IFS=
  for pattern; do
    for file in $pattern; do
      if [ -f "$file" ] || [ -L "$file" ]; then printf '%s\0' "./$file"; fi
    done
  done | sort -zu
)
`;

/** The names in the output of `print_matches`. */
export function splitMatches(output: string): string[] {
  return output.split('\0').filter((name) => name !== '');
}
