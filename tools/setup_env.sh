#!/usr/bin/env bash
# Makes $VENV with the pinned default set-up; does nothing when it is already there and current.
# MMCV=full: the compiled mmcv of the same version instead of mmcv-lite, built here when no wheel
# of it is offered (20 minutes of processor time). EXTRAS=1: requirements/extras*.txt too.
set -u
python=${PYTHON:-python3}; venv=${VENV:-.venv}; mmcv=${MMCV:-lite}; extras=${EXTRAS:-0}
cd "$(dirname "$0")/.." || exit 1

fail() {
    echo "set-up failed: $1" >&2
    echo "  $2" >&2
    exit 1
}

[ "$mmcv" = lite ] || [ "$mmcv" = full ] || fail "MMCV=$mmcv" "MMCV is lite (the default) or full"
where="$("$python" -V 2>&1) $(pwd)"
wanted="$mmcv $(cat requirements/pinned*.txt setup.py | cksum) $where"
wanted_extras="$wanted $(cat requirements/extras*.txt | cksum)"
current() { [ "$(cat "$venv/$1" 2>/dev/null)" = "$2" ]; }
pip="$venv/bin/python -m pip --disable-pip-version-check"

if ! current .ikp_mm_setup "$wanted"; then
    "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' \
        || fail "$python is not Python 3.10 to 3.12" "say which one to use: make PYTHON=python3.11 ..."
    "$python" -m venv "$venv" \
        || fail "no virtual environment at $venv" "Debian: apt-get install python3-venv"
    echo "set-up 1/4: pip install -r requirements/pinned.txt (minutes; gigabytes where pip takes a CUDA torch)"
    if [ "$mmcv" = full ]; then
        # Both come as the module mmcv: the one must not lie on the other.
        $pip uninstall -q -y mmcv-lite 2>/dev/null
        grep -v '^mmcv-lite==' requirements/pinned.txt > "$venv/pinned.txt"
        $pip install -q -r "$venv/pinned.txt" \
            || fail "requirements/pinned.txt" "pip's message above names the package"
        release=$(sed -n 's/^mmcv-lite==//p' requirements/pinned.txt)
        echo "  mmcv==$release with its ops: where pip finds no wheel it compiles, about 20 minutes of processor time"
        # Debug symbols double the time.
        CFLAGS="-g0 -w" MMCV_WITH_OPS=1 MAX_JOBS=${MAX_JOBS:-$(nproc)} \
            $pip install -q --no-deps --no-build-isolation "mmcv==$release" \
            || fail "mmcv==$release" "it needs a C++ compiler: Debian: apt-get install g++"
        "$venv/bin/python" -c 'import torch, mmcv._ext' \
            || fail "mmcv==$release has no ops that fit this torch" "$pip cache remove mmcv, then again"
    else
        $pip install -q -r requirements/pinned.txt \
            || fail "requirements/pinned.txt" "pip's message above names the package"
    fi
    echo "set-up 2/4: pip install --no-deps -r requirements/pinned_no_deps.txt"
    $pip install -q --no-deps --no-build-isolation -r requirements/pinned_no_deps.txt \
        || fail "requirements/pinned_no_deps.txt" "pip's message above names the package"
    echo "set-up 3/4: pip install -e ."
    $pip install -q --no-deps --no-build-isolation -e . \
        || fail "pip install -e ." "pip's message above says why"
    echo "set-up 4/4: import ikp_mm"
    "$venv/bin/python" -c 'import ikp_mm, mmpose.apis' \
        || fail "ikp_mm does not import" "the traceback above says why"
    echo "$wanted" > "$venv/.ikp_mm_setup"
    echo "set-up done. To enter it: source $venv/bin/activate"
fi

[ "$extras" = 1 ] || exit 0
current .ikp_mm_extras "$wanted_extras" && exit 0
echo "extras: pip install -r requirements/extras.txt, then --no-deps -r requirements/extras_no_deps.txt"
# The constraint keeps numpy, torch and setuptools as they are.
$pip install -q -r requirements/extras.txt -c requirements/pinned.txt \
    || fail "requirements/extras.txt" "pip's message above names the package"
$pip install -q --no-deps -r requirements/extras_no_deps.txt \
    || fail "requirements/extras_no_deps.txt" "pip's message above names the package"
echo "$wanted_extras" > "$venv/.ikp_mm_extras"
