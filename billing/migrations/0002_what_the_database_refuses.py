"""What no code can pass over: written rows stay, an invoice is the sum of its lines, a tariff's grid has no hole."""

from django.db import migrations

from lps.journal.operations import RefuseChange

WHOLE_INVOICES = """
CREATE FUNCTION billing_invoice_is_whole() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM billing_invoice invoice
        JOIN (
            SELECT invoice_id, count(*) AS number, sum(amount) AS total
            FROM billing_invoiceline
            WHERE invoice_id IN (SELECT invoice_id FROM added)
            GROUP BY invoice_id
        ) lines ON lines.invoice_id = invoice.id
        WHERE lines.number <> invoice.line_count OR lines.total <> invoice.total
    ) THEN
        RAISE EXCEPTION 'an invoice is the sum of its lines, written at once (invoice_is_whole)'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_is_whole';
    END IF;
    RETURN NULL;
END $body$;
CREATE TRIGGER billing_invoice_is_whole AFTER INSERT ON billing_invoiceline
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION billing_invoice_is_whole();
"""
NO_WHOLE_INVOICES = """
DROP TRIGGER billing_invoice_is_whole ON billing_invoiceline;
DROP FUNCTION billing_invoice_is_whole();
"""

# One tariff is checked at the end of the transaction: its grid is replaced as a whole.
NO_HOLE = """
CREATE FUNCTION billing_tariff_has_no_hole() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    checked bigint;
    holes boolean;
BEGIN
    IF TG_TABLE_NAME = 'billing_tariff' THEN
        checked := NEW.id;
    ELSIF TG_OP = 'DELETE' THEN
        checked := OLD.tariff_id;
    ELSE
        checked := NEW.tariff_id;
    END IF;
    -- The schema is the trigger's own: at the end of a transaction the search path may be another.
    EXECUTE format(
        $query$
            SELECT EXISTS (SELECT 1 FROM %1$I.billing_tariff WHERE id = $1 AND basis = 'prices') AND (
                (
                    SELECT count(*) FROM %1$I.billing_tariffprice
                    WHERE tariff_id = $1 AND from_rank = 1 AND lower(qf) = 0
                ) <> 2
                OR EXISTS (
                    SELECT 1 FROM %1$I.billing_tariffprice
                    WHERE tariff_id = $1
                    GROUP BY resident, from_rank
                    HAVING range_agg(qf) <> '{[0,)}'::nummultirange
                )
            )
        $query$,
        TG_TABLE_SCHEMA
    ) INTO holes USING checked;
    IF holes THEN
        RAISE EXCEPTION 'the grid of tariff % does not cover every quotient (tariff_has_no_hole)', checked
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tariff_has_no_hole';
    END IF;
    RETURN NULL;
END $body$;
CREATE CONSTRAINT TRIGGER billing_tariff_has_no_hole AFTER INSERT OR UPDATE ON billing_tariff
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_tariff_has_no_hole();
CREATE CONSTRAINT TRIGGER billing_tariff_has_no_hole AFTER INSERT OR UPDATE OR DELETE ON billing_tariffprice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_tariff_has_no_hole();
"""
HOLES = """
DROP TRIGGER billing_tariff_has_no_hole ON billing_tariffprice;
DROP TRIGGER billing_tariff_has_no_hole ON billing_tariff;
DROP FUNCTION billing_tariff_has_no_hole();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_tariffs_invoices_payments")]

    operations = [
        RefuseChange("Invoice"),
        RefuseChange("InvoiceLine"),
        RefuseChange("Payment"),
        RefuseChange("RemittedCheque"),
        RefuseChange("Allocation"),
        RefuseChange("AttemptAnswer"),
        migrations.RunSQL(WHOLE_INVOICES, NO_WHOLE_INVOICES),
        migrations.RunSQL(NO_HOLE, HOLES),
    ]
