#!/bin/sh
# The Debian packages that the tests use beside Python: installed where this machine lets us, else named.
# With CI=true a missing one fails; without, the tests that need it are skipped and pytest names them at its end.
set -eu

lacking() {
  for program in swaks curl strace haproxy msmtp gsasl openssl gpg gpg-agent; do
    command -v "$program" >/dev/null 2>&1 || [ -x "/usr/sbin/$program" ] || printf ' %s' "$program"
  done
  [ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || printf ' postgresql'
  command -v postfix >/dev/null 2>&1 || [ -x /usr/sbin/postfix ] || printf ' postfix'
  [ -n "$(ls /usr/lib/*/sasl2/libplain.so 2>/dev/null)" ] || printf ' libsasl2-modules' # Postfix's AUTH PLAIN
  [ -n "$(ls /usr/lib/*/libtesseract.so.5 2>/dev/null)" ] || printf ' libtesseract5' # reads what is written on photos
  for language in eng fra spa por deu vie rus ara chi_sim; do
    [ -e "/usr/share/tesseract-ocr/5/tessdata/$language.traineddata" ] || printf ' tesseract-ocr-%s' "$(echo $language | tr _ -)"
  done
  perl -MNet::SSLeay -e 1 >/dev/null 2>&1 || printf ' libnet-ssleay-perl' # swaks speaks TLS through it, and only recommends it
}

missing=$(lacking)
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 "$@" >/dev/null; }
  # Once more from the start: between the two, a mirror may have changed what it offers.
  for attempt in 1 2; do
    # shellcheck disable=SC2086 # one word for each package
    apt_get update && apt_get install -y --no-install-recommends $missing && break
    echo "apt-get failed, attempt $attempt of 2" >&2
  done
  missing=$(lacking)
  [ -n "$missing" ] || exit 0
fi
if [ "${CI:-}" = true ]; then
  echo "missing and not installable:$missing" >&2
  exit 1
fi
echo "not on this machine, so their tests are skipped:$missing (apt-get install$missing)" >&2
