// Lists what differs from HEAD in a work tree by the very bytes of its files: git's own comparison takes files whose
// line ends or filters alone differ for equal.

/**
 * A bash function that prints, for `git update-index -z --index-info`, every tracked file whose bytes or mode differ
 * from HEAD's, or that is missing. `$1` is a file for its lists; with `-w` as `$2` the bytes are stored as git objects.
 * It looks at files whose times or sizes differ from those in the index, as git does.
 */
export const printRawChanges = String.raw`
print_raw_changes() {
  git diff-index -z --raw --no-renames --ignore-submodules=all HEAD -- >"$1"
  local meta file was mode before oid zero at=0 plain=() ids=()
  while IFS= read -r -d '' meta && IFS= read -r -d '' file; do
    read -r _ mode _ <<<"$meta"
    # In a list of paths git reads a quote at the start as a quoted path.
    case $mode in 100*) case $file in \"* | *$'\n'*) ;; *) plain+=("$file") ;; esac ;; esac
  done <"$1"
  if [ "\${#plain[@]}" -gt 0 ]; then
    printf '%s\n' "\${plain[@]}" | git hash-object $2 --no-filters --stdin-paths >"$1.ids"
    mapfile -t ids <"$1.ids"
  fi
  while IFS= read -r -d '' meta && IFS= read -r -d '' file; do
    read -r was mode before zero _ <<<"$meta"
    case $mode in
      000000) printf '0 %s\t%s\0' "\${zero//[0-9a-f]/0}" "$file"; continue ;;
      120000) oid=$(readlink -n -- "$file" | git hash-object $2 --stdin) ;;
      100*) case $file in
        \"* | *$'\n'*) oid=$(git hash-object $2 --no-filters -- "$file") ;;
        *) oid=\${ids[at]}; at=$((at + 1)) ;;
      esac ;;
      *) continue ;;
    esac
    [ "$was $before" = ":$mode $oid" ] || printf '%s %s\t%s\0' "$mode" "$oid" "$file"
  done <"$1"
}
`.replaceAll('\\${', '${');
