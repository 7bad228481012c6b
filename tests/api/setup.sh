#!/usr/bin/env bash
# Installs schemathesis into target/api-venv, once a version.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=target/api-venv
cmp -s tests/api/requirements.txt "$venv/.of" && exit 0
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/api/requirements.txt
cp tests/api/requirements.txt "$venv/.of"
