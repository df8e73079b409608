#!/usr/bin/env bash
# Checks the titles of commits after this rule was made: at most 72 characters, one thought (no semicolon), a capital
# first and no full stop last.
set -euo pipefail
cd "$(dirname "$0")/.."
first=00e525a9114e

if ! git merge-base --is-ancestor "$first" HEAD 2>/dev/null; then
    echo "titles: this checkout has no history back to $first, nothing is checked" >&2
    exit 0
fi
git log --no-merges --format='%h %s' "$first..HEAD" | awk '
    { hash = $1; title = substr($0, length($1) + 2); why = "" }
    length(title) > 72 { why = "it has " length(title) " characters, 72 are allowed" }
    title ~ /;/ { why = "a semicolon joins two thoughts: make two commits" }
    title !~ /^[A-Z]/ { why = "it begins without a capital letter" }
    title ~ /\.$/ { why = "it ends with a full stop" }
    why { print "titles: " hash " \"" title "\": " why; bad = 1 }
    END { exit bad }' >&2
