#!/bin/sh
# post-receive hook of git-bug-viewer: tells it that bugs or identities were pushed, so that the next page shows them.
#
# It promises never to fail a push and never to hold one up: it reads what git says, leaves the rest to a process in
# the background that holds none of the push's descriptors, and ends with status 0 whatever happens. It calls nobody
# unless a ref of git-bug is among those that moved. The secret is on no command line, where other accounts could read
# it. What goes wrong is told to syslog, never to the one who pushes.
#
# A hook that was there before it, under the name of this file with ".before-git-bug-viewer" after it, is run first,
# with the same lines, and its status is the one that this hook ends with.
#
# Settings, from the git configuration of the repository, the account or the machine (git config --system ...):
#   gitbugviewer.url         where the viewer is, with its base path
#   gitbugviewer.repo        the repository's name in the viewer
#   gitbugviewer.root        without repo: the folder that the viewer searches; the name is the path below it
#                            (without either: the name of the repository's own folder)
#   gitbugviewer.secretFile  a file that holds the viewer's hooks.secret, readable for this account
#   gitbugviewer.secret      the secret itself, where no file can be had
#
# It needs a POSIX shell with the usual tools, and curl or GNU wget. See docs/hooks.md.

# What counts where the configuration says nothing; "git-bug-viewer hook" fills these in.
default_url='http://127.0.0.1:3000'
default_repo=''
default_root=''
default_secret_file=''

# git's lines are "old new ref". All are read at once, so that git never writes to a closed pipe.
received=$(cat)

# First of all, and before anything here changes what it inherits.
status=0
earlier="$0.before-git-bug-viewer"
if [ -f "$earlier" ] && [ -x "$earlier" ]; then
  printf '%s\n' "$received" | "$earlier" "$@"
  status=$?
fi

# Bytes are bytes: names may be in any encoding.
LC_ALL=C
export LC_ALL

# The viewer reads the whole list of refs for any one of them, so a few of thousands are enough for it.
lines=$(printf '%s\n' "$received" | awk '$3 ~ /^refs\/(bugs|identities)\// && ++sent <= 100 { print $1, $2, $3 }')
[ -n "$lines" ] || exit "$status"

complain() {
  logger -t git-bug-viewer-hook "$(pwd -P): $1"
}

# The name under which the viewer shows this repository. git runs the hook in the repository's own folder.
repository_name() {
  name=$(git config --get gitbugviewer.repo) || name=$default_repo
  if [ -z "$name" ]; then
    path=$(pwd -P)
    path=${path%/.git}
    name=${path##*/}
    root=$(git config --path --get gitbugviewer.root) || root=$default_root
    if [ -n "$root" ] && root=$(CDPATH='' cd -- "$root" && pwd -P); then
      case $path in "$root"/*) name=${path#"$root"/} ;; esac
    fi
    name=${name%.git}
  fi
  printf '%s' "$name"
}

# Every byte as %xx, which no character can break out of.
percent_encode() {
  od -An -v -tx1 | tr -d ' \t\n' | sed 's/../%&/g'
}

# For a value between double quotes in curl's configuration: a ref's name may have a quote in it.
quote() {
  sed 's/[\\"]/\\&/g'
}

# A here-document is how a secret gets to another process without being an argument: printf is a program in some shells.
curl_config() {
  printf 'url = "%s"\n' "$(printf '%s' "$address" | quote)"
  printf 'header = "Content-Type: text/plain"\n'
  if [ -n "$secret" ]; then
    quote <<END | sed 's/.*/header = "Authorization: Bearer &"/'
$secret
END
  fi
  quote <<END | awk 'BEGIN { printf "data-binary = \"" } { printf "%s\\n", $0 } END { print "\"" }'
$lines
END
}

# The answer's status comes out, or what curl complains of.
send_with_curl() {
  curl_config | curl -q -sS -o /dev/null -w '%{http_code}' --connect-timeout 3 --max-time 10 --config - 2>&1
}

send_with_wget() {
  umask 077
  folder=$(mktemp -d) || return
  trap 'rm -rf "$folder"' 0
  trap 'exit 1' INT TERM
  printf 'header = Content-Type: text/plain\n' >"$folder/config"
  [ -z "$secret" ] || cat >>"$folder/config" <<END
header = Authorization: Bearer $secret
END
  cat >"$folder/body" <<END
$lines
END
  if wget --config="$folder/config" -q -O /dev/null -t 1 -T 10 --post-file="$folder/body" "$address" 2>&1; then
    echo 202
  else
    echo "wget ended with status $?"
  fi
}

tell_viewer() {
  # Here and not at the call: some shells keep a function's own descriptors open beside those it is given, and a push
  # lasts as long as anybody holds its output.
  exec </dev/null >/dev/null 2>&1
  trap '' HUP
  url=$(git config --get gitbugviewer.url) || url=$default_url
  address="${url%/}/hooks/post-receive?repo=$(repository_name | percent_encode)"
  secret=$(git config --get gitbugviewer.secret)
  file=$(git config --path --get gitbugviewer.secretFile) || [ -n "$secret" ] || file=$default_secret_file
  if [ -n "$file" ] && ! secret=$(head -n 1 "$file"); then
    complain "the secret file $file cannot be read"
    return
  fi
  if command -v curl; then
    answer=$(send_with_curl)
  elif command -v wget; then
    answer=$(send_with_wget)
  else
    answer='neither curl nor wget is installed'
  fi
  [ "$answer" = 202 ] || complain "the viewer at $url was not told: $answer"
}

tell_viewer &
exit "$status"
