# Sourced by commands that compare with libraries of Python: makes .build/peers with what requirements.txt lists.
# Expects $root, the repository's; gives $environment, $python, and fail, say and prepare_python.
# shellcheck shell=bash

environment=$root/.build/peers
python=${PYTHON:-python3}
requirements=$root/Benchmarks/Peers/requirements.txt
# A copy of the requirements, written when all that can be installed is.
stamp=$environment/requirements.txt

fail() {
  echo "run: error: $*" >&2
  exit 1
}

say() { echo "run: $*" >&2; }

prepare_python() {
  if cmp -s "$requirements" "$stamp" && "$environment/bin/python" -c '' 2>/dev/null; then return; fi
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is too old ($("$python" --version 2>&1)). Python 3.11 or newer is needed; PYTHON=... names another one."
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"
  say "making $environment with $("$python" --version); this takes minutes and gigabytes"
  rm -rf "$environment"
  "$python" -m venv "$environment"
  local pip=("$environment/bin/python" -m pip install --quiet --disable-pip-version-check)
  if ! "${pip[@]}" --requirement "$requirements"; then
    say "not everything can be installed here; going on one by one"
    grep -v '^#' "$requirements" | while read -r requirement; do
      "${pip[@]}" --constraint "$requirements" "$requirement" || say "warning: there is no $requirement for this machine"
    done
    "$environment/bin/python" -c 'import h5py, numpy' || fail "h5py and NumPy are needed"
  fi
  cp "$requirements" "$stamp"
}
