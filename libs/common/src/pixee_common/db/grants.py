"""Who may do what to which table: one table of facts, from which GRANTs, docs/tables.md and the tests are made.

Letters: r SELECT, a INSERT, w UPDATE, d DELETE. Column lists narrow a letter. The gateway may write ciphertexts and not read
them; only the orchestrator writes the catalog; only workers read ciphertexts.
"""

from collections.abc import Iterator

ROLES = {"gateway": "pixee_gateway", "orchestrator": "pixee_orchestrator", "worker": "pixee_worker"}

GRANTS: dict[str, dict[str, str]] = {
    "accounts": {"gateway": "r", "orchestrator": "rw", "worker": "r"},
    "api_keys": {"gateway": "rw(last_used_at)"},
    "idempotency_keys": {"gateway": "raw", "orchestrator": "rd"},
    "audit_log": {"gateway": "ra", "orchestrator": "ra", "worker": "a"},
    "connectors": {"gateway": "raw", "orchestrator": "rw", "worker": "rw(status,last_error,shop_currency,updated_at)"},
    "credentials": {
        "gateway": "r(connector_id,account_id,key_id,version,updated_at)aw",
        "orchestrator": "rd",
        "worker": "rw",
    },
    "access_tokens": {"orchestrator": "r(connector_id)d", "worker": "raw"},
    "webhook_deliveries": {"orchestrator": "rwd", "worker": "rw"},
    "mappings": {"gateway": "raw", "orchestrator": "r", "worker": "r"},
    "requirements": {"gateway": "r", "worker": "raw"},
    "probes": {"gateway": "ra", "orchestrator": "rd", "worker": "rw"},
    "products": {"gateway": "r", "orchestrator": "raw", "worker": "r"},
    "variants": {"gateway": "r", "orchestrator": "raw", "worker": "r"},
    "stock": {"gateway": "r", "orchestrator": "rawd", "worker": "r"},
    "price_lists": {"gateway": "r", "orchestrator": "rawd", "worker": "r"},
    "price_list_items": {"gateway": "r", "orchestrator": "rawd", "worker": "r"},
    "catalog_sequences": {"gateway": "r", "orchestrator": "rawd"},
    "listings": {"gateway": "rw", "orchestrator": "rawd", "worker": "rawd"},
    "listing_operations": {"gateway": "rw(failures)", "orchestrator": "rawd", "worker": "rawd"},
    "seen_values": {"orchestrator": "rawd", "worker": "r"},
    "pending_changes": {"gateway": "rd", "orchestrator": "rawd", "worker": "raw"},
    "resends": {"gateway": "rawd", "orchestrator": "rwd"},
    "jobs": {"gateway": "raw", "orchestrator": "raw", "worker": "r"},
    "chunks": {"gateway": "rw", "orchestrator": "raw", "worker": "rw"},
    "item_issues": {"gateway": "r", "orchestrator": "rawd", "worker": "rawd"},
    "remote_jobs": {"gateway": "r", "orchestrator": "rwd", "worker": "raw"},
    "submissions": {"gateway": "r", "orchestrator": "rwd", "worker": "raw"},
    "pulled_pages": {"orchestrator": "rd", "worker": "raw"},
    "routes": {"gateway": "ra", "orchestrator": "raw", "worker": "rw"},
    "shared_budgets": {"worker": "raw"},
    "workers": {"gateway": "r", "orchestrator": "rd", "worker": "rawd"},
    "outbox": {"gateway": "rawd", "orchestrator": "rawd", "worker": "rawd"},
    "dead_letters": {"gateway": "ra", "orchestrator": "raw", "worker": "ra"},
}

SEQUENCES: dict[str, tuple[str, ...]] = {
    "job_position": ("gateway", "orchestrator"),
    "catalog_version": ("orchestrator",),
}

TENANT_TABLES = tuple(
    table
    for table in GRANTS
    if table not in {"accounts", "api_keys", "routes", "shared_budgets", "workers", "outbox", "dead_letters"}
)
"""Tables whose rows belong to one account: row-level security holds the gateway's role to it."""

_PRIVILEGES = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}


def privileges(letters: str) -> Iterator[tuple[str, str]]:
    """(privilege, column list or empty) pairs of a cell, for example `rw(last_used_at)`."""
    position = 0
    while position < len(letters):
        letter = letters[position]
        position += 1
        columns = ""
        if position < len(letters) and letters[position] == "(":
            end = letters.index(")", position)
            columns = letters[position + 1 : end]
            position = end + 1
        yield _PRIVILEGES[letter], columns


def grant_statements() -> Iterator[str]:
    """SQL that makes the database agree with the table above, and with nothing more."""
    for role in ROLES.values():
        yield f"GRANT USAGE ON SCHEMA public TO {role}"
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
        yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}"
    for table, cells in GRANTS.items():
        for service, letters in cells.items():
            for privilege, columns in privileges(letters):
                narrowed = f" ({columns})" if columns else ""
                yield f"GRANT {privilege}{narrowed} ON {table} TO {ROLES[service]}"
    for sequence, services in SEQUENCES.items():
        for service in services:
            yield f"GRANT USAGE ON SEQUENCE {sequence} TO {ROLES[service]}"


def security_statements() -> Iterator[str]:
    """Row-level security: the gateway's role sees only the account that it named for its transaction."""
    gateway = ROLES["gateway"]
    others = ", ".join(role for service, role in ROLES.items() if service != "gateway")
    rule = "account_id = nullif(current_setting('pixee.account', true), '')::uuid"
    for table in TENANT_TABLES:
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS own_account ON {table}"
        yield f"CREATE POLICY own_account ON {table} TO {gateway} USING ({rule}) WITH CHECK ({rule})"
        yield f"DROP POLICY IF EXISTS all_accounts ON {table}"
        yield f"CREATE POLICY all_accounts ON {table} TO {others} USING (true) WITH CHECK (true)"
    yield "ALTER TABLE accounts ENABLE ROW LEVEL SECURITY"
    yield "DROP POLICY IF EXISTS own_account ON accounts"
    yield f"CREATE POLICY own_account ON accounts TO {gateway} USING (id = nullif(current_setting('pixee.account', true), '')::uuid)"
    yield "DROP POLICY IF EXISTS all_accounts ON accounts"
    yield f"CREATE POLICY all_accounts ON accounts TO {others} USING (true) WITH CHECK (true)"
