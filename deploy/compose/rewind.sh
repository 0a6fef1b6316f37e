#!/bin/sh
# Makes a copy of an instant, from a nightly copy and the journal that follows it, for restore.sh to put back:
#   rewind.sh 2026-11-26T010000Z "2026-11-26 10:42 Europe/Paris"
# Needs BACKUPS, SCRATCH (an empty folder as large as the database), SERVER_USER (who the server runs as). Touches nothing else.
set -eu

from="$BACKUPS/${1:-}"
if [ $# -ne 2 ] || [ ! -f "$from/base.tar.gz" ]; then
    echo "Depuis quelle sauvegarde, jusqu'à quel instant ? rewind.sh SAUVEGARDE \"2026-11-26 10:42 Europe/Paris\"" >&2
    find "$BACKUPS" -mindepth 1 -maxdepth 1 -type d -name '20*' -exec basename {} \; | sort >&2
    exit 2
fi
(cd "$from" && sha256sum --quiet -c SHA256SUMS) || {
    echo "Cette sauvegarde est abîmée : prenez la précédente." >&2
    exit 1
}
data="$SCRATCH/data"
journal="$SCRATCH/journal"
log="$SCRATCH/log"
socket=$(mktemp -d)
as_server() { if [ -n "${SERVER_USER:-}" ]; then setpriv --reuid "$SERVER_USER" --regid "$SERVER_USER" --init-groups "$@"; else "$@"; fi; }
end() {
    as_server pg_ctl -D "$data" -m immediate -s stop 2>/dev/null || true
    rm -rf "$data" "$journal" "$log" "$socket"
}
trap end EXIT
unreachable() {
    echo "Cet instant ne peut pas être atteint : il est avant la sauvegarde, ou après la fin du journal." >&2
    tail -n 20 "$log" >&2
    exit 1
}

rm -rf "$data" "$journal"
mkdir -p -m 700 "$data"
mkdir -p "$journal"
tar -C "$data" -xzf "$from/base.tar.gz"
# The piece of the journal that is being written counts as well.
for piece in "$BACKUPS/journal"/*; do
    case "$piece" in
        *.gz) gunzip -c "$piece" >"$journal/$(basename "$piece" .gz)" ;;
        *.gz.partial)
            segment="$journal/$(basename "$piece" .gz.partial)"
            gunzip -c "$piece" >"$segment" 2>/dev/null || true # as far as it goes
            truncate -s 16777216 "$segment"
            ;;
    esac
done
cat >>"$data/postgresql.auto.conf" <<END
restore_command = 'cp $journal/%f %p'
recovery_target_time = '$2'
recovery_target_action = 'promote'
END
touch "$data/recovery.signal"
began=$(sed -n 's/^START TIME: //p' "$data/backup_label")
printf 'local all all trust\n' >"$data/pg_hba.conf"
[ -z "${SERVER_USER:-}" ] || chown -R "$SERVER_USER:$SERVER_USER" "$SCRATCH" "$socket"
as_server pg_ctl -D "$data" -l "$log" -s -w -t 3600 \
    -o "-c listen_addresses='' -c unix_socket_directories='$socket' -c hot_standby=off -c max_locks_per_transaction=256" \
    start || unreachable
export PGHOST="$socket" PGUSER="${PGUSER:-lps}" PGDATABASE="${PGDATABASE:-lps}"
until [ "$(psql -X -q -A -t -c 'SELECT pg_is_in_recovery()' 2>/dev/null)" = f ]; do
    as_server pg_ctl -D "$data" status >/dev/null || unreachable
    sleep 0.2
done
# Before the copy itself there is nothing to stop at: the server would stop at its first moment.
[ "$(psql -X -q -A -t -c "SELECT timestamptz '$2' >= timestamptz '$began'")" = t ] || unreachable
umask 077
part="$BACKUPS/.rewound"
rm -rf "$part"
mkdir -p "$part"
pg_dump --format=custom --file="$part/database.dump"
cp "$from/files.tar" "$part/files.tar"
(cd "$part" && sha256sum database.dump files.tar >SHA256SUMS)
name="$(date -u +%Y-%m-%dT%H%M%SZ)-revenue"
mv "$part" "$BACKUPS/$name"
echo "Copie $name faite, telle que la base était à : $2. Ses fichiers sont ceux de $1."
echo "Pour la mettre en place : docker compose run --rm restore $name"
