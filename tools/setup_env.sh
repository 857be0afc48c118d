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

wanted="$(cat requirements/pinned*.txt setup.py | cksum) $("$python" -V 2>&1)"
[ "$(cat "$venv/.ikp_mm_setup" 2>/dev/null)" = "$wanted $(pwd)" ] && exit 0

"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' \
    || fail "$python is not Python 3.10 to 3.12" "say which one to use: make PYTHON=python3.11 ..."
"$python" -m venv "$venv" \
    || fail "no virtual environment at $venv" "Debian: apt-get install python3-venv"
pip="$venv/bin/python -m pip --disable-pip-version-check"
echo "set-up 1/4: pip install -r requirements/pinned.txt (minutes; gigabytes where pip takes a CUDA torch)"
$pip install -q -r requirements/pinned.txt \
    || fail "requirements/pinned.txt" "pip's message above names the package"
echo "set-up 2/4: pip install --no-deps -r requirements/pinned_no_deps.txt"
$pip install -q --no-deps --no-build-isolation -r requirements/pinned_no_deps.txt \
    || fail "requirements/pinned_no_deps.txt" "pip's message above names the package"
echo "set-up 3/4: pip install -e ."
$pip install -q --no-deps --no-build-isolation -e . \
    || fail "pip install -e ." "pip's message above says why"
echo "set-up 4/4: import ikp_mm"
"$venv/bin/python" -c 'import ikp_mm, mmpose.apis' \
    || fail "ikp_mm does not import" "the traceback above says why"
echo "$wanted $(pwd)" > "$venv/.ikp_mm_setup"
echo "set-up done. To enter it: source $venv/bin/activate"
