# The Python environment in .venv; read by scripts/run and scripts/test, in the root of the checkout.

PYTHONS="python3 python3.14 python3.13 python3.12 python3.11 python"
OURS=.venv/bin/python

# Install a requirements file ($1), whole in itself, into .venv, unless it is installed there already.
# Without asking for what each of them needs: pip looks for "name[extra]" anew, finds a release that
# came out since, and refuses it for want of a hash.
make_environment() {
    if ! is_fit "$OURS"; then
        find_python
        say "Making .venv with $(command -v "$python") ..."
        "$python" -m venv --clear .venv || fail "$python could not make .venv: see above."
    fi
    wanted=$(cksum <"$1")
    stamp=.venv/$(basename "$1").installed
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
    say "Installing $1 (only this time; it takes a moment) ..."
    "$OURS" -m pip install --quiet --disable-pip-version-check --no-input --no-deps -r "$1" ||
        fail "$1 could not be installed: see above. Check the network, then run this again."
    echo "$wanted" >"$stamp"
}

# Set $python to the first Python that is new enough and can make environments.
find_python() {
    old=
    for python in $PYTHONS; do
        is_new_enough "$python" || continue
        "$python" -c "import ensurepip, venv" 2>/dev/null && return
        old=$python
    done
    [ -z "$old" ] || fail "$old cannot make environments: its module venv is missing." \
        "On Debian and Ubuntu: sudo apt install python3-venv"
    fail "There is no Python 3.11 or newer here. Install one: https://www.python.org/downloads/"
}

is_new_enough() {
    "$1" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null
}

# Whole, not left half made, and its Python not gone since.
is_fit() {
    is_new_enough "$1" && [ -e .venv/bin/pip ]
}

say() {
    echo "$*" >&2
}

fail() {
    say "$*"
    exit 1
}
