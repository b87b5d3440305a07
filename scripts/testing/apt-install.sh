#!/bin/sh
# Installs Debian packages (as root) without letting them start their services: the tests start servers of
# their own, on other ports and with other data. Servers that are running already are not touched.
set -eu

policy=/usr/sbin/policy-rc.d
saved=$policy.before-syncline-test

restore() {
    rm -f "$policy"
    if [ -e "$saved" ] || [ -L "$saved" ]; then mv "$saved" "$policy"; fi
}

# A run that was killed may have left its policy behind.
if [ -e "$saved" ] || [ -L "$saved" ]; then restore; fi
trap restore EXIT
trap 'exit 130' HUP INT TERM
if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$saved"; fi
printf '#!/bin/sh\n# Written by Syncline'\''s ./test while it installs packages: no service may start.\nexit 101\n' > "$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
install() {
    apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
}
# The lists of packages may be missing or too old to be of use: fetch them only then.
install "$@" || { apt-get update -q && install "$@"; }
