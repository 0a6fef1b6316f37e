"""Who may do what with tariffs, invoices and payments: the régie works, the others of the town hall read."""

from lps.accounts.rights import Right
from lps.accounts.roles import Role
from lps.families.identity import owns

READ_TARIFFS = "billing.read_tariffs"
SET_TARIFFS = "billing.set_tariffs"
READ_QUOTIENTS = "billing.read_quotients"
SET_QUOTIENTS = "billing.set_quotients"
READ_RUNS = "billing.read_runs"
RUN_BILLING = "billing.run_billing"
READ_INVOICES = "billing.read_invoices"
READ_PAYMENTS = "billing.read_payments"
TAKE_PAYMENTS = "billing.take_payments"
CLOSE_TILL = "billing.close_till"
REMIND = "billing.remind"
READ_ONLINE = "billing.read_online_settings"
SET_ONLINE = "billing.set_online_settings"
RECONCILE = "billing.reconcile"
PAY_ONLINE = "billing.pay_online"
# The town's finance software.
READ_ACCOUNTS = "billing.read_accounts"

_CASH = frozenset({Role.CASH_OFFICE})
_READERS = _CASH | {Role.READ_ONLY}

OWN = (
    Right(READ_TARIFFS, roles=_READERS | {Role.SCHOOL}),
    Right(SET_TARIFFS, roles=_CASH),
    Right(READ_QUOTIENTS, roles=_CASH | {Role.SCHOOL}, of_families=True),
    Right(SET_QUOTIENTS, roles=_CASH | {Role.SCHOOL}, of_families=True),
    Right(READ_RUNS, roles=_READERS),
    Right(RUN_BILLING, roles=_CASH, of_families=True),
    Right(READ_INVOICES, roles=_READERS | {Role.SCHOOL}, of_families=True),
    Right(READ_PAYMENTS, roles=_READERS, of_families=True),
    Right(TAKE_PAYMENTS, roles=_CASH, of_families=True),
    Right(CLOSE_TILL, roles=_CASH),
    Right(REMIND, roles=_CASH),
    Right(READ_ONLINE, roles=_READERS),
    Right(SET_ONLINE, roles=_CASH),
    Right(RECONCILE, roles=_CASH),
    Right(PAY_ONLINE, owns=owns),
    Right(READ_ACCOUNTS, scope="facturation:lire"),
)
