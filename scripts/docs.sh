#!/usr/bin/env bash
# Builds the site of the documents into target/site, and fails where a link leads nowhere.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! .venv/bin/python -c 'import material' 2>/dev/null; then
    echo "docs: installing the extra 'docs' of pyproject.toml into .venv" >&2
    mapfile -t needed < <(.venv/bin/python -c '
import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")')
    .venv/bin/pip install --quiet --disable-pip-version-check "${needed[@]}"
fi
NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet --strict
echo "docs: target/site/index.html"
