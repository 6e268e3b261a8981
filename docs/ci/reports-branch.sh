#!/usr/bin/env bash
# Keeps what a trend is made of on a branch of its own, without a working tree and without history in common with yours:
#   reports-branch.sh fetch DIRECTORY    adds the lines of index.ndjson and notes.ndjson that the branch has to those of a directory
#                                        for reports
#   reports-branch.sh push DIRECTORY     adds the lines that the branch does not have yet, whoever else pushes meanwhile
# noise.json, which self-checks leave, goes with them: that of the directory, or the branch's where the directory has none.
# STOMPEDE_BRANCH names the branch (stompede-data), STOMPEDE_REMOTE where it is (origin).
set -euo pipefail

action="${1:?fetch or push}"
reports="${2:?the directory for reports}"
branch="${STOMPEDE_BRANCH:-stompede-data}"
remote="${STOMPEDE_REMOTE:-origin}"
files=(index.ndjson notes.ndjson noise.json)

# The branch's commit, or nothing where there is no such branch. A remote that does not answer ends the script.
tip() {
  local found
  found="$(git ls-remote --heads "$remote" "refs/heads/$branch")" || return 1
  [ -n "$found" ] || return 0
  # Whole, small as it is: a depth would be that of the clone from then on.
  git fetch --quiet "$remote" "refs/heads/$branch" || return 1
  git rev-parse FETCH_HEAD
}

# A file as the branch has it; empty where it has none.
kept() {
  if [ -n "$1" ] && git cat-file -e "$1:$2" 2> /dev/null; then git cat-file blob "$1:$2"; fi
}

# A file as the branch and the directory have it together. Lists of lines: every line once, those of the branch first. Any other is one
# document, which a self-check adds to: as the directory has it.
together() {
  case "$2" in
    *.ndjson) { kept "$1" "$2"; cat "$reports/$2" 2> /dev/null || true; } | awk 'NF && !seen[$0]++' ;;
    *) if [ -s "$reports/$2" ]; then cat "$reports/$2"; else kept "$1" "$2"; fi ;;
  esac
}

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

case "$action" in
  fetch)
    mkdir -p "$reports"
    parent="$(tip)"
    for file in "${files[@]}"; do
      together "$parent" "$file" > "$scratch/$file"
      [ ! -s "$scratch/$file" ] || mv "$scratch/$file" "$reports/$file"
    done
    ;;
  push)
    for attempt in 1 2 3 4 5; do
      parent="$(tip)"
      rm -f "$scratch/index"
      for file in "${files[@]}"; do
        together "$parent" "$file" > "$scratch/$file"
        [ -s "$scratch/$file" ] || continue
        blob="$(git hash-object -w "$scratch/$file")"
        GIT_INDEX_FILE="$scratch/index" git update-index --add --cacheinfo "100644,$blob,$file"
      done
      if [ ! -e "$scratch/index" ]; then exit 0; fi
      tree="$(GIT_INDEX_FILE="$scratch/index" git write-tree)"
      if [ -n "$parent" ] && [ "$tree" = "$(git rev-parse "$parent^{tree}")" ]; then exit 0; fi
      commit="$(git -c user.name=stompede -c user.email=stompede@localhost \
        commit-tree "$tree" ${parent:+-p "$parent"} -m 'Add to the index of runs')"
      if git push --quiet "$remote" "$commit:refs/heads/$branch"; then exit 0; fi
      echo "somebody else was faster ($attempt of 5)" >&2
      sleep "$attempt"
    done
    exit 1
    ;;
  *)
    echo 'reports-branch.sh: fetch or push' >&2
    exit 2
    ;;
esac
