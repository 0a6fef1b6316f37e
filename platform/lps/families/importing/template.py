"""The documented template: the columns that an import knows, one example line, and a sheet that explains each."""

import io

from openpyxl import Workbook
from openpyxl.styles import Font

from lps.families.importing.columns import COLUMNS
from lps.kernel import spreadsheet

EXAMPLE = {
    "school": "École des Tilleuls", "school_class": "CE1", "level": "CE1", "teacher": "Mme Formatrice",
    "child_last_name": "MARTIN", "child_first_name": "Léa", "birth_date": "21/06/2019", "diets": "sans porc",
    "household": "MARTIN", "street": "3 rue du Val", "postal_code": "78200", "city": "Buchelay",
    "title_1": "Mme", "last_name_1": "MARTIN", "first_name_1": "Alice",
    "email_1": "alice.martin@exemple.fr", "phone_1": "06 12 34 56 78",
}  # fmt: skip


def as_xlsx(rows: list[dict[str, str]] | None = None) -> bytes:
    """The template with these lines, or with its example."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Familles"
    sheet.append([column.name for column in COLUMNS])
    for row in rows if rows is not None else [EXAMPLE]:
        sheet.append([spreadsheet.harmless(row.get(column.key, "")) for column in COLUMNS])
    _explain(book)
    for page in book.worksheets:
        for cell in page[1]:
            cell.font = Font(bold=True)
        page.freeze_panes = "A2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _explain(book: Workbook) -> None:
    """One child a line; a child of two households has two lines."""
    sheet = book.create_sheet("Mode d'emploi")
    sheet.append(["Colonne", "Obligatoire", "Explication"])
    for column in COLUMNS:
        sheet.append([column.name, "oui" if column.needed else "non", column.help])
    sheet.append(["", "", "Un enfant par ligne. Un enfant qui a deux foyers a deux lignes, une par famille."])
    sheet.append(["", "", "École et classe restent vides pour un enfant qui n'est dans aucune classe."])
