#!/usr/bin/env bash
# Makes $VENV with the pinned default set-up; does nothing when it is already there and current.
set -u
python=${PYTHON:-python3}; venv=${VENV:-.venv}
cd "$(dirname "$0")/.." || exit 1

fail() {
    echo "set-up failed: $1" >&2
    echo "  $2" >&2
    exit 1
}

wanted=$(cat requirements/pinned.txt requirements/pinned_no_deps.txt setup.py | cksum)
[ "$(cat "$venv/.ikp_mm_setup" 2>/dev/null)" = "$wanted $(pwd)" ] && exit 0

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' \
    || fail "$python is older than 3.9" "say which Python to use: make PYTHON=python3.11 ..."
"$python" -m venv "$venv" \
    || fail "no virtual environment at $venv" "Debian: apt-get install python3-venv"
pip="$venv/bin/python -m pip --disable-pip-version-check"
echo "set-up 1/4: pip install -r requirements/pinned.txt (a few minutes, 1.5 GB)"
$pip install -q -r requirements/pinned.txt \
    || fail "requirements/pinned.txt" "pip's message above names the package"
echo "set-up 2/4: pip install --no-deps -r requirements/pinned_no_deps.txt"
$pip install -q --no-deps -r requirements/pinned_no_deps.txt \
    || fail "requirements/pinned_no_deps.txt" "pip's message above names the package"
echo "set-up 3/4: pip install -e ."
$pip install -q --no-deps --no-build-isolation -e . \
    || fail "pip install -e ." "pip's message above says why"
echo "set-up 4/4: import ikp_mm"
"$venv/bin/python" -c 'import ikp_mm, mmpose.apis' \
    || fail "ikp_mm does not import" "the traceback above says why"
echo "$wanted $(pwd)" > "$venv/.ikp_mm_setup"
echo "set-up done. To enter it: source $venv/bin/activate"
