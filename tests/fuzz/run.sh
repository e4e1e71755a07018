#!/bin/bash
# Fuzzes with the programs of the build `fuzz`, one on each core, and says how many lines of the parsers the inputs reach:
#
#   tests/fuzz/run.sh [--seconds N] [NAME…]      N seconds each, 600 unless told; all targets unless named
#
# Where a run found an input that reaches something new, the next begins. Exit code 0: nothing was found, the canary's fault was,
# and, where all targets ran, at least 90 % of the lines in parsers.txt are reached. The programs and their logs are in build/fuzz.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly corpus=tests/fuzz/corpus found=build/fuzz/fuzz programs=build/fuzz/bin lines_min=90

fail() { printf 'fuzz: %s\n' "$*" >&2; exit 1; }

# fuzz_one SECONDS NAME: one line with what came of it.
fuzz_one() {
  local seconds=$1 name=$2 log=$found/$2.log code=0 verdict=ok
  mkdir -p "$found/$name"
  LLVM_PROFILE_FILE=/dev/null "$programs/fuzz_$name" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$found/$name." "$found/$name" "$corpus/$name" >"$log" 2>&1 || code=$?
  if [ "$name" = canary ]; then
    verdict='ok: its fault was found'
    [ $code -ne 0 ] || verdict="FAILED: its fault was not found"
  elif [ $code -ne 0 ]; then
    verdict="FAILED: see $log"
  fi
  printf '%-16s %12s executions %6d inputs   %s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: //p' "$log")" \
    "$(find "$found/$name" -type f | wc -l)" "$verdict"
  [[ $verdict = ok* ]]
}

# Prints the parsers with lines that no input reaches, and the sum. Inputs that were found count like those of the tree.
coverage() {
  local name objects=() profiles=()
  for name in "$@"; do
    [ "$name" != canary ] || continue
    LLVM_PROFILE_FILE=$found/$name.profraw "$programs/fuzz_$name" -runs=0 "$found/$name" "$corpus/$name" >"$found/$name.replay.log" 2>&1 ||
      fail "an input of $name fails: see $found/$name.replay.log"
    objects+=(-object "$programs/fuzz_$name")
    profiles+=("$found/$name.profraw")
  done
  llvm-profdata-19 merge -sparse -o "$found/all.profdata" "${profiles[@]}"
  printf '\n%-40s %8s %8s\n' 'lines of the parsers' 'all' 'missed'
  # The first program stands for itself, further ones behind -object. The report's columns are the file, then regions, functions and
  # lines, each as all, missed and the share reached.
  llvm-cov-19 report "${objects[@]:1}" -instr-profile="$found/all.profdata" 2>"$found/report.log" |
    awk -v least=$lines_min '
      NR == FNR { parser[$1] = 1; ++files; next }
      $1 in parser { --files; all += $8; missed += $9; if ($9 > 0) printf "%-40s %8d %8d\n", $1, $8, $9 }
      END {
        if (files > 0) printf "%d files of the list are in no program\n", files
        share = all > 0 ? 100 * (all - missed) / all : 0
        printf "%-40s %8d %8d   %.1f %% reached\n", "all", all, missed, share
        exit files > 0 || share < least
      }' tests/fuzz/parsers.txt - || fail "less than $lines_min % of the parsers' lines are reached"
}

main() {
  local seconds=600 source names=()
  if [ "${1:-}" = --seconds ]; then
    [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || fail "--seconds takes a number of seconds"
    seconds=$2
    shift 2
  fi
  names=("$@")
  if [ $# -eq 0 ]; then
    for source in tests/fuzz/*_fuzz.cc; do names+=("$(basename "$source" _fuzz.cc)"); done
  fi
  for source in "${names[@]}"; do [ -x "$programs/fuzz_$source" ] || fail "no target is named $source"; done

  printf '%d targets, %d s each, %d at once\n' ${#names[@]} "$seconds" "$(nproc)"
  export -f fuzz_one
  export corpus found programs
  printf '%s\n' "${names[@]}" | xargs -P "$(nproc)" -I{} bash -c "set -euo pipefail; fuzz_one $seconds {}" || fail "a target failed"
  [ $# -gt 0 ] || coverage "${names[@]}"
  printf 'fuzz: nothing was found\n'
}

main "$@"
