#!/bin/sh
# Copies the database and the files into a folder named by the instant (UTC): `backup.sh once`, or `every-night` for ever.
# Needs PGHOST, PGUSER, PGDATABASE, PGPASSWORD; BACKUPS (where to), DATA (the product's folder); BACKUP_HOUR, BACKUP_DAYS.
set -eu
umask 077

once() {
    name=$(date -u +%Y-%m-%dT%H%M%SZ)
    part="$BACKUPS/.part"
    rm -rf "$part"
    mkdir -p "$part"
    # With the journal, what an instant after this copy is made from (rewind.sh).
    pg_basebackup --pgdata="$part" --format=tar --gzip --wal-method=none --checkpoint=fast --no-manifest --no-password
    pg_dump --format=custom --file="$part/database.dump"
    if [ -d "$DATA/files" ]; then
        tar -C "$DATA" -cf "$part/files.tar" files
    else
        tar -cf "$part/files.tar" -T /dev/null # they are in a bucket
    fi
    (cd "$part" && sha256sum database.dump base.tar.gz files.tar >SHA256SUMS)
    # Whole or absent: what bears a date can be restored.
    mv "$part" "$BACKUPS/$name"
    find "$BACKUPS" -mindepth 1 -maxdepth 1 -type d -name '20*' -mtime "+${BACKUP_DAYS:-30}" -exec rm -rf {} +
    forget_journal
    echo "Sauvegarde $name faite ($(du -sh "$BACKUPS/$name" | cut -f1))."
}

# The journal from before the oldest copy leads nowhere any more.
forget_journal() {
    oldest=$(find "$BACKUPS" -mindepth 2 -maxdepth 2 -path '*/20*/base.tar.gz' | sort | head -n 1)
    first=$(tar -xzOf "$oldest" backup_label | sed -n 's/^START WAL LOCATION:.*file \([0-9A-F]*\).*/\1/p')
    [ ! -d "$BACKUPS/journal" ] || pg_archivecleanup -x .gz "$BACKUPS/journal" "$first"
}

every_night() {
    # A server that was off at that hour is late, not without a copy.
    find "$BACKUPS" -mindepth 1 -maxdepth 1 -name '20*' -mmin -1440 | grep -q . || attempt
    while :; do
        now=$(date -u +%s)
        sleep $(((${BACKUP_HOUR:-1} * 3600 - now % 86400 + 86400) % 86400 + 1))
        attempt
    done
}

attempt() {
    "$0" once || echo "La sauvegarde a échoué : les lignes ci-dessus disent pourquoi." >&2
}

case "${1:-}" in
    once) once ;;
    every-night) every_night ;;
    *)
        echo "backup.sh once | every-night" >&2
        exit 2
        ;;
esac
