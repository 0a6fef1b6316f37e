#!/bin/sh
# Puts a copy made by backup.sh back: `restore.sh 2026-11-26T010000Z`. What was there is kept beside, under another name.
# Needs PGHOST, PGUSER, PGDATABASE, PGPASSWORD; BACKUPS (where from), DATA (the product's folder).
set -eu

copy="$BACKUPS/${1:-}"
if [ $# -ne 1 ] || [ ! -f "$copy/SHA256SUMS" ]; then
    echo "Quelle sauvegarde ? Celles qui sont là :" >&2
    find "$BACKUPS" -mindepth 1 -maxdepth 1 -type d -name '20*' -exec basename {} \; | sort >&2
    exit 2
fi
ask() { psql -X -q -A -t -v ON_ERROR_STOP=1 -v old="$PGDATABASE" -v new="$new" -v before="$before" -d postgres; }
mark=$(date -u +%Y%m%d%H%M%S)
new="${PGDATABASE}_new_$mark"
before="${PGDATABASE}_before_$mark"

(cd "$copy" && sha256sum --quiet -c SHA256SUMS) || {
    echo "Cette sauvegarde est abîmée : rien n'a été changé. Prenez-en une autre." >&2
    exit 1
}
if [ "$(echo "SELECT count(*) FROM pg_stat_activity WHERE datname = :'old';" | ask)" != 0 ]; then
    echo "Le produit tourne encore : arrêtez web, worker, scheduler et voice, puis recommencez." >&2
    exit 1
fi
# Into a new database first: a copy that cannot be read leaves the old one where it is.
echo 'CREATE DATABASE :"new" TEMPLATE template0;' | ask
if ! pg_restore --exit-on-error --no-owner --dbname="$new" "$copy/database.dump"; then
    echo 'DROP DATABASE :"new";' | ask
    echo "Cette sauvegarde ne peut pas être lue : rien n'a été changé." >&2
    exit 1
fi
mkdir -p "$DATA/restored-$mark"
tar -C "$DATA/restored-$mark" -xpf "$copy/files.tar"
echo 'ALTER DATABASE :"old" RENAME TO :"before"; ALTER DATABASE :"new" RENAME TO :"old";' | ask
[ ! -d "$DATA/files" ] || mv "$DATA/files" "$DATA/files-before-$mark"
[ ! -d "$DATA/restored-$mark/files" ] || mv "$DATA/restored-$mark/files" "$DATA/files"
rmdir "$DATA/restored-$mark"
echo "Sauvegarde $1 remise en place."
echo "Ce qui était là est gardé : base $before, dossier files-before-$mark. Supprimez-les quand tout va bien."
