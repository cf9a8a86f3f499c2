// The shell programs that build, switch and clear virtual environments, as the tenant's user. Each may be run again.
// <venv> is a symlink to <venv>.d/<key>; an environment counts once it holds `.complete`.

/** Arguments: symlink, its expected text. Exits 0 when the symlink holds that text and the environment is complete. */
export const isReadyScript = '[ "$(readlink -- "$1")" = "$2" ] && [ -e "$1/.complete" ]';

/**
 * Arguments: environment (absolute: its programs contain the path), python, requirements file. The environment is built
 * at its final path. `.complete` is written after the sync, so an environment with files lost in a power cut never
 * counts.
 */
export const buildScript = `set -e
if [ -e "$1/.complete" ]; then echo "$1 is there already"; exit 0; fi
rm -rf -- "$1"
mkdir -p -- "$(dirname -- "$1")"
"$2" -m venv "$1"
"$1/bin/pip" install --no-input --disable-pip-version-check -r "$3"
sync -f "$1"
: >"$1/.complete"
sync "$1/.complete" "$1"
`;

/**
 * Arguments: symlink, its new text. A folder at that path (an environment from before Drover) is moved aside. One
 * rename replaces the symlink.
 */
export const switchScript = `set -e
if [ ! -e "$(dirname -- "$1")/$2/.complete" ]; then echo "$2 is not complete" >&2; exit 1; fi
if [ -e "$1" ] && [ ! -L "$1" ]; then
  rm -rf -- "$1.before-drover"
  mv -T -- "$1" "$1.before-drover"
fi
ln -sfn -- "$2" "$1.next"
mv -fT -- "$1.next" "$1"
sync "$(dirname -- "$1")"
`;

/** Arguments: symlink, its old text. Without an old text the folder that was moved aside comes back. */
export const undoScript = `set -e
rm -f -- "$1.next"
if [ -n "$2" ]; then
  ln -sfn -- "$2" "$1.next"
  mv -fT -- "$1.next" "$1"
else
  if [ -L "$1" ]; then rm -f -- "$1"; fi
  if [ -e "$1.before-drover" ] && [ ! -e "$1" ]; then mv -T -- "$1.before-drover" "$1"; fi
fi
sync "$(dirname -- "$1")"
`;

/** Arguments: symlink, its old text. Keeps the environments of the new and the old text, and removes all others. */
export const discardScript = `set -e
current=$(readlink -- "$1") || exit 0
folder=$(dirname -- "$1")
for old in "$1.d"/*; do
  name=$(basename -- "$1").d/$(basename -- "$old")
  if [ "$name" != "$current" ] && [ "$name" != "$2" ] && [ -d "$old" ]; then rm -rf -- "$old"; fi
done
if [ -n "$2" ]; then rm -rf -- "$1.before-drover"; fi
`;
