#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Makes the certificate of a service, and a CA to sign it where there is none.
#
# usage: ssl-certificates.sh [options] [NAME]
#
#   NAME           the service: NAME.pem gets its key and certificate; asked for when it is missing
#   --dir DIR      where the files go; the current folder
#   --ca-dir DIR   where the CA is, or goes: ca.key and cacert.pem; DIR/ca of --dir
#   --unit NAME    the organizational unit in the subject, by which clients of older servers are told apart; the service's name.
#                  Another certificate in DIR with the same one is warned of
#   --host NAME    a host name or address the certificate is for, for servers; may be repeated
#   --days N       how long the certificate is valid; 1095
#   --public       write the public key to NAME-public.pem without asking
#   --no-public    do not write it, without asking
#   --batch        ask for nothing: a missing NAME is an error, and without --public there is no public key
#   --help         this text
#
# For a trusted service: NAME.pem goes to its machine, NAME-public.pem into the server's sslkeys_path, cacert.pem into the
# server's server_ssl_ca_file. For the server itself: server.pem is server_ssl_key_file. No file is ever overwritten.
set -eu

usage() {
    sed -n '5,20s/^# \{0,1\}//p' "$0"
}

fail() {
    printf 'ssl-certificates.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

name='' dir=. ca_dir='' days=1095 public=ask batch='' hosts='' unit=''
while [ $# -gt 0 ]; do
    case $1 in
    --dir | --ca-dir | --unit | --host | --days)
        [ $# -ge 2 ] || fail "$1 needs a value" 64
        case $1 in
        --dir) dir=$2 ;;
        --ca-dir) ca_dir=$2 ;;
        --unit) unit=$2 ;;
        --host) hosts="$hosts $2" ;;
        --days) days=$2 ;;
        esac
        shift
        ;;
    --public) public=yes ;;
    --no-public) public=no ;;
    --batch) batch=yes ;;
    --help)
        usage
        exit 0
        ;;
    -*) fail "unknown option $1" 64 ;;
    *)
        [ -z "$name" ] || fail "one name at a time" 64
        name=$1
        ;;
    esac
    shift
done

[ -n "$batch" ] && [ "$public" = ask ] && public=no
if [ -z "$name" ]; then
    [ -z "$batch" ] || fail "no name was given" 64
    printf 'Name of the service: ' >&2
    read -r name || fail "no name was given" 64
fi
case $name in
'' | *[!A-Za-z0-9._-]* | .* | -*) fail "not a name for a service: $name" 64 ;;
esac
if [ -z "$unit" ] && [ -z "$batch" ]; then
    printf 'Organizational unit, which no other certificate has [%s]: ' "$name" >&2
    read -r unit || unit=''
fi
[ -n "$unit" ] || unit=$name
case $unit in
*[!A-Za-z0-9._\ -]* | -* | ' '*) fail "not a name for a unit: $unit" 64 ;;
esac
case $days in
'' | *[!0-9]*) fail "not a number of days: $days" 64 ;;
esac
command -v openssl >/dev/null || fail "openssl is not installed" 69

umask 077
[ -n "$ca_dir" ] || ca_dir=$dir/ca
mkdir -p "$dir" "$ca_dir"
work=$(mktemp -d "$dir/.ssl-certificates.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Makes a file from one that is whole, and never replaces one.
place() {
    chmod "$3" "$1"
    ln "$1" "$2" 2>/dev/null || fail "$2 exists already"
    printf 'wrote %s\n' "$2"
}

for file in "$dir/$name.pem" "$dir/$name-public.pem"; do
    [ ! -e "$file" ] || fail "$file exists already"
done

unit_of() {
    openssl x509 -in "$1" -noout -subject -nameopt multiline 2>/dev/null |
        sed -n 's/^ *organizationalUnitName *= //p'
}

for file in "$dir"/*.pem; do
    [ -e "$file" ] && [ "$(unit_of "$file")" = "$unit" ] || continue
    printf 'ssl-certificates.sh: warning: %s has the organizational unit "%s" too\n' "$file" "$unit" >&2
done

if [ ! -e "$ca_dir/ca.key" ]; then
    openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days 1095 -subj "/CN=Twiga CA" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$work/ca.key" -out "$work/cacert.pem" 2>"$work/log" || fail "$(cat "$work/log")"
    place "$work/cacert.pem" "$ca_dir/cacert.pem" 644
    place "$work/ca.key" "$ca_dir/ca.key" 600
fi

names=''
for host in $hosts; do
    case $host in
    *[!0-9A-Za-z.:_*-]*) fail "not a host: $host" 64 ;;
    *:* | *[0-9].[0-9]*.[0-9]*.[0-9]*) names="$names,IP:$host" ;;
    *) names="$names,DNS:$host" ;;
    esac
done
{
    printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n'
    printf 'extendedKeyUsage=serverAuth,clientAuth\n'
    [ -z "$names" ] || printf 'subjectAltName=%s\n' "${names#,}"
} >"$work/extensions"

openssl req -new -newkey rsa:3072 -nodes -sha256 -subj "/OU=$unit/CN=$name" \
    -keyout "$work/key" -out "$work/request" 2>"$work/log" || fail "$(cat "$work/log")"
openssl x509 -req -in "$work/request" -sha256 -days "$days" -extfile "$work/extensions" \
    -CA "$ca_dir/cacert.pem" -CAkey "$ca_dir/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
    -out "$work/certificate" 2>"$work/log" || fail "$(cat "$work/log")"
cat "$work/key" "$work/certificate" >"$work/pem"
place "$work/pem" "$dir/$name.pem" 600

if [ "$public" = ask ]; then
    printf 'Write the public key to %s-public.pem? [y/N] ' "$name" >&2
    read -r answer || answer=n
    case $answer in
    [yY]*) public=yes ;;
    esac
fi
if [ "$public" = yes ]; then
    openssl x509 -in "$work/certificate" -noout -pubkey >"$work/public"
    place "$work/public" "$dir/$name-public.pem" 600
fi
