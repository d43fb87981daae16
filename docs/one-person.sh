#!/bin/sh
# One person's way through a relay, from nomination to suspension, with commands and real mail. Run it after `make install`:
#
#     docs/one-person.sh
#
# It makes a relay and a mail server that keeps what it gets (aiosmtpd's Mailbox) in a folder of its own, under loopback, sends
# mail with curl, shows what each person gets, and takes everything away again. Chosen ports: RELAY_PORTS="2625 2687 2665 2680 2626".
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
PATH="${BIN:-$here/.venv/bin}:$PATH"
# shellcheck disable=SC2086 # five words
set -- ${RELAY_PORTS:-2625 2687 2665 2680 2626}
mx=$1 submission=$2 submissions=$3 web=$4 smarthost=$5
home=$(mktemp -d)
data=$home/relay mail=$home/mail config=$home/relay/relay.toml
mkdir -p "$mail/cur" "$mail/new" "$mail/tmp"
server='' smtp_sink=''
trap 'kill $server 2>/dev/null && wait $server; kill -9 $smtp_sink 2>/dev/null; rm -rf "$home"' EXIT
trap 'exit 1' INT TERM

say() { printf '\n== %s\n' "$*"; }
relay() { command=$1 verb=$2; shift 2; wen-relay "$command" "$verb" "$@" --config "$config"; }
password() { relay members password "$1" 2>/dev/null; }
state() { relay members show "$1" --json | sed 's/.*"state": "\([a-z]*\)".*/\1/'; }

# letter ADDRESS WORDS: waits for a mail to this address with these words in its subject, and prints the file's name.
letter() {
  tries=0
  until found=$(grep -ls "^X-RcptTo: .*$1" $(grep -ls "^Subject: .*$2" "$mail"/new/* 2>/dev/null) /dev/null 2>/dev/null | tail -1) && [ -n "$found" ]; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || { echo "no letter “$2” came to $1" >&2; exit 1; }
    sleep 0.2
  done
  echo "$found"
}
show() { sed -n '/^$/,$p' "$1" | python3 -c 'import quopri, sys; sys.stdout.write(quopri.decodestring(sys.stdin.buffer.read()).decode())' | sed 's/^/    | /' | head -"${2:-12}"; }
subject() { sed -n 's/^Subject: //p' "$1" | head -1; }

# as_member FROM TO SUBJECT TEXT: a member's mail program. anywhere: somebody's mail server, without a login.
as_member() {
  printf 'From: %s\nTo: %s\nSubject: %s\nDate: %s\nMessage-ID: <%s@walk.example>\n\n%s\n' \
    "$1" "$2" "$3" "$(date -R)" "$(date +%s%N)" "$4" >"$home/out"
  curl -sS --crlf --ssl-reqd --cacert "$data/keys/localhost.crt" --user "$1:$(cat "$home/$1")" \
    --mail-from "$1" --mail-rcpt "$2" -T "$home/out" "smtp://localhost:$submission"
}
anywhere() {
  printf 'From: %s\nTo: %s\nSubject: Re: %s\nDate: %s\nMessage-ID: <%s@walk.example>\n\n%s\n' \
    "$1" "$2" "$3" "$(date -R)" "$(date +%s%N)" "$4" >"$home/out"
  curl -sS --crlf --mail-from "$1" --mail-rcpt "$2" -T "$home/out" "smtp://localhost:$mx"
}

say "A new relay, a mail server behind it, two focal points of Cameroon and one officer"
wen-relay init --data "$data" --domain relay.example --lists central-africa >/dev/null 2>&1
sed -i "s/^port = 2525.*/port = $mx/; s/^submission_port = .*/submission_port = $submission/; s/^submissions_port = .*/submissions_port = $submissions/
  s/^port = 25\$/port = $smarthost/; s/^port = 8080.*/port = $web/" "$config"
for person in "chief@douanes.example Chief customs focal-point" "desk@police.example Desk police focal-point" "awa@douanes.example Awa customs moderator"; do
  # shellcheck disable=SC2086 # four words
  set -- $person
  relay members add "$1" --name "$2 Example" --agency "$3" --agency-type "$3" --country CM --language en --lists central-africa \
    --role member --role "$4" --nominated-by one@network.example --confirmed-by two@network.example 2>/dev/null
  password "$1" >"$home/$1"
done
aiosmtpd -n -l "127.0.0.1:$smarthost" -c aiosmtpd.handlers.Mailbox "$mail" &
smtp_sink=$!
wen-relay serve --config "$config" >"$home/ready" 2>"$home/log" &
server=$!
until [ -s "$home/ready" ]; do kill -0 $server || { cat "$home/log" >&2; exit 1; }; sleep 0.1; done

say "The focal point proposes Bela, by mail"
as_member chief@douanes.example central-africa-request@relay.example NOMINATE "NOMINATE bela@forets.example
NAME: Bela Example
AGENCY: Forests
TYPE: ranger
LANGUAGE: en"
invitation=$(letter bela@forets.example "You are invited")
show "$invitation" 40
echo "Bela is $(state bela@forets.example)."

say "Bela confirms the address and accepts the rules, by answering"
answer_to=$(grep -A1 '^Reply-To:' "$invitation" | grep -o '[^ <]*@relay.example')
anywhere bela@forets.example "$answer_to" "$(subject "$invitation")" ACCEPT
asked=$(letter desk@police.example "To confirm")
show "$asked"
echo "Bela is $(state bela@forets.example)."

say "The one who proposed can't confirm"
wen-relay members confirm bela@forets.example --by chief@douanes.example --config "$config" && exit 1

say "A second person confirms"
as_member desk@police.example central-africa-request@relay.example "Re: $(subject "$asked")" YES
welcome=$(letter bela@forets.example Welcome)
show "$welcome"
echo "Bela is $(state bela@forets.example)."

say "An alert reaches Bela, and Bela's own reaches the others"
as_member awa@douanes.example central-africa@relay.example "Seizure at the airport" "Forty kilograms of pangolin scales were seized on 24 November."
show "$(letter bela@forets.example "Seizure at the airport")" 6
password bela@forets.example >"$home/bela@forets.example"
as_member bela@forets.example central-africa@relay.example "Ivory in the forest" "Two tusks of 11 kg were found and seized on 25 November."
letter awa@douanes.example "Ivory in the forest" >/dev/null

say "The country vouches for its people again"
relay members attest --country CM --by desk@police.example

say "Bela leaves the service: out at once"
as_member chief@douanes.example central-africa-request@relay.example "" "GONE bela@forets.example"
letter chief@douanes.example "Answer" >/dev/null
until [ "$(state bela@forets.example)" = suspended ]; do sleep 0.2; done
echo "Bela is $(state bela@forets.example)."
as_member bela@forets.example central-africa@relay.example "Once more" "One tusk of 3 kg was seized." && exit 1
as_member awa@douanes.example central-africa@relay.example "Second seizure" "Nine kilograms of scales were seized on 26 November."
letter chief@douanes.example "Second seizure" >/dev/null
! grep -ls "^X-RcptTo: .*bela" $(grep -ls "^Subject: .*Second seizure" "$mail"/new/*) || exit 1

say "What the audit log keeps of it, by number alone"
bela=$(relay members show bela@forets.example --json | sed 's/.*"id": "\([0-9a-f]*\)".*/\1/')
relay audit export | grep "$bela" | sed 's/.*"event": "\([a-z._]*\)".*/    \1/'
relay audit verify
