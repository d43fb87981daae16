"""The first schema. It is longer than other modules, because it has every table."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Types as they were at this revision: a migration must not change with the program.
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.BigInteger()
_JSON = sa.Text()


def _one_of(column: str, values: str) -> str:
    return " OR ".join(f"{column} = '{value}'" for value in values.split())


def _index_where(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    _create_lists()
    _create_members()
    _create_memberships()
    _create_credentials()
    _create_gateways()
    _create_certificates()
    _create_signing_keys()
    _create_encryption()
    _create_posts()
    _create_decisions()
    _create_memories()
    _create_releases()
    _create_spills()
    _create_deletions()
    _create_list_stops()
    _create_acknowledgements()
    _create_breaches()
    _create_counters()
    _create_challenges()
    _create_deliveries()
    _index_deliveries()
    _create_failures()
    _create_complaints()
    _create_audit()
    _create_audit_heads()
    _create_directory()
    _create_nodes()


def downgrade() -> None:
    for table in (
        "leaders",
        "processes",
        "alarms",
        "directory_askings",
        "directory_confirmations",
        "audit_heads",
        "audit",
        "complaints",
        "failures",
        "deliveries",
        "challenges",
        "counters",
        "breaches",
        "acknowledgements",
        "list_stops",
        "deletions",
        "stopped_copies",
        "hidden_posts",
        "spill_reports",
        "spills",
        "answers",
        "releases",
        "memories",
        "decisions",
        "posts",
        "encrypted_members",
        "encryption_keys",
        "signing_keys",
        "certificates",
        "gateways",
        "credentials",
        "memberships",
        "members",
        "lists",
    ):
        op.drop_table(table)


def _create_lists() -> None:
    op.create_table(
        "lists",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lists")),
    )


def _create_members() -> None:
    op.create_table(
        "members",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("agency_key", sa.Text(), nullable=False),
        sa.Column("agency_type", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("roles", _JSON, nullable=False),
        sa.Column("receipts", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("reading", sa.Text(), server_default=sa.text("'instant'"), nullable=False),
        sa.Column("paused_at", _INSTANT, nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("suspension", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("nominated_by", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("waived_on", sa.Date(), nullable=True),
        sa.Column("address_confirmed_at", _INSTANT, nullable=True),
        sa.Column("rules_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rules_accepted_at", _INSTANT, nullable=True),
        sa.Column("rules_asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attested_on", sa.Date(), nullable=True),
        sa.Column("end_told", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attestation_asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("dormant_on", sa.Date(), nullable=True),
        sa.Column("receives_until", sa.Date(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("left_at", _INSTANT, nullable=True),
        sa.CheckConstraint(_one_of("state", "nominated active dormant suspended left"), name=op.f("ck_members_state")),
        sa.CheckConstraint(
            "confirmed_by IS NOT NULL OR state IN ('nominated', 'left')", name=op.f("ck_members_confirmed_by")
        ),
        sa.CheckConstraint(_one_of("reading", "instant daily weekly"), name=op.f("ck_members_reading")),
        sa.CheckConstraint("paused_until IS NULL OR paused_at IS NOT NULL", name=op.f("ck_members_paused")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("address_key", name=op.f("uq_members_address_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_members_agency_key"), "members", ["agency_key"], unique=False)


def _create_memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["list_name"], ["lists.name"], name=op.f("fk_memberships_list_name")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_memberships_member_id")),
        sa.PrimaryKeyConstraint("member_id", "list_name", name=op.f("pk_memberships")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_memberships_list_name"), "memberships", ["list_name"], unique=False)


def _create_credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("iterations", sa.Integer(), nullable=False),
        sa.Column("stored_key", sa.LargeBinary(), nullable=False),
        sa.Column("server_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_credentials_member_id")),
        sa.PrimaryKeyConstraint("member_id", "name", name=op.f("pk_credentials")),
        sa.UniqueConstraint("id", name=op.f("uq_credentials_id")),
        sqlite_with_rowid=False,
    )


def _create_gateways() -> None:
    op.create_table(
        "gateways",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("addresses", _JSON, nullable=False),
        sa.Column("domains", _JSON, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gateways")),
        sqlite_with_rowid=False,
    )


def _create_certificates() -> None:
    op.create_table(
        "certificates",
        sa.Column("pin", sa.LargeBinary(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=True),
        sa.Column("gateway_name", sa.Text(), nullable=True),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("(member_id IS NULL) <> (gateway_name IS NULL)", name=op.f("ck_certificates_holder")),
        sa.ForeignKeyConstraint(["gateway_name"], ["gateways.name"], name=op.f("fk_certificates_gateway_name")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_certificates_member_id")),
        sa.PrimaryKeyConstraint("pin", name=op.f("pk_certificates")),
        sqlite_with_rowid=False,
    )


def _create_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint(_one_of("method", "smime openpgp"), name=op.f("ck_signing_keys_method")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_signing_keys_member_id")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_signing_keys")),
    )
    op.create_index(op.f("ix_signing_keys_member_id"), "signing_keys", ["member_id"], unique=False)


def _create_encryption() -> None:
    op.create_table(
        "encryption_keys",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("warned", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(_one_of("method", "smime openpgp"), name=op.f("ck_encryption_keys_method")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_encryption_keys_member_id")),
        sa.PrimaryKeyConstraint("member_id", "fingerprint", name=op.f("pk_encryption_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "encrypted_members",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_encrypted_members_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_encrypted_members")),
        sqlite_with_rowid=False,
    )


def _create_posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("size_octets", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("duplicate_key", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("content_key", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("originals", sa.LargeBinary(), nullable=True),
        sa.Column("recalled_at", _INSTANT, nullable=True),
        sa.Column("recalled_by", sa.Text(), nullable=True),
        sa.Column("recalled_why", sa.Text(), nullable=True),
        sa.Column("corrects_id", _ROW_ID, nullable=True),
        sa.Column("ack_hours", sa.Integer(), nullable=True),
        sa.Column("ack_due", _INSTANT, nullable=True),
        sa.Column("ack_told_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["members.id"], name=op.f("fk_posts_author_id")),
        sa.ForeignKeyConstraint(["recalled_by"], ["members.id"], name=op.f("fk_posts_recalled_by")),
        sa.ForeignKeyConstraint(["corrects_id"], ["posts.id"], name=op.f("fk_posts_corrects_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("duplicate_key", name=op.f("uq_posts_duplicate_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_posts_reference")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_posts_author_id_received_at_size_octets"),
        "posts",
        ["author_id", "received_at", "size_octets"],
        unique=False,
    )
    op.create_index(op.f("ix_posts_content_key"), "posts", ["content_key"], unique=False)
    for name, columns, condition in (
        ("ix_posts_kept_key", ["key_id", "id"], "wrapped_key IS NOT NULL"),
        ("ix_posts_kept_age", ["received_at"], "wrapped_key IS NOT NULL"),
        ("ix_posts_hashed", ["received_at"], "duplicate_key IS NOT NULL"),
        ("ix_posts_message_id", ["message_id"], "message_id IS NOT NULL"),
        ("ix_posts_ack_due", ["ack_due"], "ack_due IS NOT NULL AND ack_told_at IS NULL"),
        ("ix_posts_corrects", ["corrects_id"], "corrects_id IS NOT NULL"),
    ):
        _index_where(name, "posts", columns, condition)


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("post_id", _ROW_ID, nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("marking", sa.Text(), nullable=True),
        sa.Column("reasons", _JSON, nullable=False),
        sa.Column("removed", _JSON, nullable=False),
        sa.Column("channels", _JSON, nullable=False),
        sa.Column("held_until", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("copies", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("past_deliveries", _JSON, nullable=True),
        sa.CheckConstraint("(decision = 'hold') = (held_until IS NOT NULL)", name=op.f("ck_decisions_held_until")),
        sa.CheckConstraint(
            _one_of("decision", "relay hold withhold refuse discard"), name=op.f("ck_decisions_decision")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["members.id"], name=op.f("fk_decisions_decided_by")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_decisions_post_id")),
        sa.PrimaryKeyConstraint("post_id", "list_name", name=op.f("pk_decisions")),
        sqlite_with_rowid=False,
    )
    _index_where("ix_decisions_held", "decisions", ["held_until"], "decision = 'hold'")


def _create_memories() -> None:
    op.create_table(
        "memories",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("post_id", _ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("before", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("whole", sa.LargeBinary(), nullable=True),
        sa.Column("kept_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_memories_post_id")),
        sa.PrimaryKeyConstraint("hash", "post_id", "code", "before", "words", name=op.f("pk_memories")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_memories_kept_at"), "memories", ["kept_at"], unique=False)


def _create_releases() -> None:
    op.create_table(
        "releases",
        sa.Column("post_id", _ROW_ID, nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("moderator_id", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["moderator_id"], ["members.id"], name=op.f("fk_releases_moderator_id")),
        sa.ForeignKeyConstraint(
            ["post_id", "list_name"],
            ["decisions.post_id", "decisions.list_name"],
            name=op.f("fk_releases_post_id_list_name"),
        ),
        sa.PrimaryKeyConstraint("post_id", "list_name", "moderator_id", name=op.f("pk_releases")),
    )


def _create_spills() -> None:
    op.create_table(
        "answers",
        sa.Column("answered_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("post_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["answered_id"], ["posts.id"], name=op.f("fk_answers_answered_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_answers_post_id")),
        sa.PrimaryKeyConstraint("answered_id", "post_id", name=op.f("pk_answers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spills",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("post_id", _ROW_ID, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reported_at", _INSTANT, nullable=False),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reminders", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(_one_of("cause", "report request"), name=op.f("ck_spills_cause")),
        sa.CheckConstraint(_one_of("state", "reported confirmed dismissed"), name=op.f("ck_spills_state")),
        sa.CheckConstraint("(state = 'reported') = (decided_at IS NULL)", name=op.f("ck_spills_decided_at")),
        sa.ForeignKeyConstraint(["decided_by"], ["members.id"], name=op.f("fk_spills_decided_by")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_spills_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spills")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_spills_post_id"), "spills", ["post_id"], unique=False)
    op.create_table(
        "spill_reports",
        sa.Column("spill_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_spill_reports_member_id")),
        sa.ForeignKeyConstraint(["spill_id"], ["spills.id"], name=op.f("fk_spill_reports_spill_id")),
        sa.PrimaryKeyConstraint("spill_id", "member_id", name=op.f("pk_spill_reports")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hidden_posts",
        sa.Column("post_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("spill_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_hidden_posts_post_id")),
        sa.ForeignKeyConstraint(["spill_id"], ["spills.id"], name=op.f("fk_hidden_posts_spill_id")),
        sa.PrimaryKeyConstraint("post_id", "spill_id", name=op.f("pk_hidden_posts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stopped_copies",
        sa.Column("delivery_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("spill_id", _ROW_ID, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["spill_id"], ["spills.id"], name=op.f("fk_stopped_copies_spill_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_stopped_copies")),
        sqlite_with_rowid=False,
    )


def _create_acknowledgements() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("post_id", _ROW_ID, nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_acknowledgements_member_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_acknowledgements_post_id")),
        sa.PrimaryKeyConstraint("post_id", "member_id", name=op.f("pk_acknowledgements")),
        sqlite_with_rowid=False,
    )


def _create_list_stops() -> None:
    op.create_table(
        "list_stops",
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("member_id", sa.Text(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("(member_id IS NULL) <> (operator IS NULL)", name=op.f("ck_list_stops_by")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_list_stops_member_id")),
        sa.PrimaryKeyConstraint("list_name", name=op.f("pk_list_stops")),
        sqlite_with_rowid=False,
    )


def _create_deletions() -> None:
    op.create_table(
        "deletions",
        sa.Column("post_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("reminders", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("deleted_at", _INSTANT, nullable=True),
        sa.Column("noted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_deletions_member_id")),
        sa.ForeignKeyConstraint(["noted_by"], ["members.id"], name=op.f("fk_deletions_noted_by")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_deletions_post_id")),
        sa.PrimaryKeyConstraint("post_id", "member_id", name=op.f("pk_deletions")),
        sqlite_with_rowid=False,
    )


def _create_breaches() -> None:
    op.create_table(
        "breaches",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("spill_id", _ROW_ID, nullable=False),
        sa.Column("reported_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=False),
        sa.Column("deadline", _INSTANT, nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("reminders", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("risk", sa.Text(), nullable=True),
        sa.Column("notified_at", _INSTANT, nullable=True),
        sa.Column("notified_by", sa.Text(), nullable=True),
        sa.Column("notified_note", sa.Text(), nullable=True),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_note", sa.Text(), nullable=True),
        sa.CheckConstraint(f"risk IS NULL OR {_one_of('risk', 'unlikely likely high')}", name=op.f("ck_breaches_risk")),
        sa.CheckConstraint("(notified_at IS NULL) = (notified_by IS NULL)", name=op.f("ck_breaches_notified_by")),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_breaches_closed_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["members.id"], name=op.f("fk_breaches_closed_by")),
        sa.ForeignKeyConstraint(["notified_by"], ["members.id"], name=op.f("fk_breaches_notified_by")),
        sa.ForeignKeyConstraint(["spill_id"], ["spills.id"], name=op.f("fk_breaches_spill_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_breaches")),
        sa.UniqueConstraint("spill_id", name=op.f("uq_breaches_spill_id")),
        sqlite_with_rowid=False,
    )


def _create_challenges() -> None:
    op.create_table(
        "challenges",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("client_ip", sa.Text(), nullable=False),
        sa.Column("size_octets", sa.BigInteger(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("judged", _JSON, nullable=False),
        sa.Column("duplicate_key", sa.LargeBinary(), nullable=False),
        sa.Column("content_key", sa.LargeBinary(), nullable=True),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("originals", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            _one_of("state", "open confirmed denied expired withheld"), name=op.f("ck_challenges_state")
        ),
        sa.CheckConstraint("(wrapped_key IS NOT NULL) = (state = 'open')", name=op.f("ck_challenges_wrapped_key")),
        sa.ForeignKeyConstraint(["author_id"], ["members.id"], name=op.f("fk_challenges_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenges")),
        sqlite_autoincrement=True,
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_challenges_open", "challenges", ["author_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )


def _create_counters() -> None:
    op.create_table(
        "counters",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "year", name=op.f("pk_counters")),
        sqlite_with_rowid=False,
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("post_id", _ROW_ID, nullable=True),
        sa.Column("member_id", sa.Text(), nullable=True),
        sa.Column("about_id", sa.Text(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("next_attempt_at", _INSTANT, nullable=True),
        sa.Column("turn", _INSTANT, nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("leased_until", _INSTANT, nullable=True),
        sa.Column("last_reply", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("possible_duplicate", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("called_off", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("digest_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(lease IS NOT NULL) = (status IN ('leased', 'sending'))", name=op.f("ck_deliveries_lease")),
        sa.CheckConstraint(
            f"(next_attempt_at IS NOT NULL) = ({_one_of('status', 'queued leased sending')})",
            name=op.f("ck_deliveries_next_attempt_at"),
        ),
        sa.CheckConstraint(
            "(member_id IS NULL) = (kind IN ('alarm', 'postmaster'))", name=op.f("ck_deliveries_member_id")
        ),
        sa.CheckConstraint(
            _one_of(
                "kind",
                "copy receipt notice undelivered expiry nomination invitation confirmation welcome rules ended attestation dormancy call waiting probe failing complaint practice answer review spill postmaster spilled deletion recall reminder acknowledged breach digest whole doors silence challenge challenge-ended pointer encryption alarm",
            ),
            name=op.f("ck_deliveries_kind"),
        ),
        sa.CheckConstraint(
            _one_of("status", "digest queued leased sending delivered failed expired cancelled"),
            name=op.f("ck_deliveries_status"),
        ),
        sa.ForeignKeyConstraint(["about_id"], ["members.id"], name=op.f("fk_deliveries_about_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_deliveries_member_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_deliveries_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("post_id", "member_id", "kind", name=op.f("uq_deliveries_post_id_member_id_kind")),
        sqlite_autoincrement=True,
    )


def _index_deliveries() -> None:
    claimable = ["turn", "next_attempt_at", "id"]
    _index_where("ix_deliveries_claimable", "deliveries", claimable, "status IN ('queued', 'leased')")
    _index_where("ix_deliveries_lease", "deliveries", ["lease"], "lease IS NOT NULL")
    _index_where("ix_deliveries_letters", "deliveries", ["member_id", "created_at"], "post_id IS NULL")
    _index_where("ix_deliveries_collected", "deliveries", ["member_id", "created_at"], "(status = 'digest') IS TRUE")
    _index_where("ix_deliveries_in_digest", "deliveries", ["digest_id"], "digest_id IS NOT NULL")


def _create_failures() -> None:
    op.create_table(
        "failures",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first_at", _INSTANT, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_failures_member_id")),
        sa.PrimaryKeyConstraint("member_id", "day", name=op.f("pk_failures")),
        sqlite_with_rowid=False,
    )


def _create_complaints() -> None:
    op.create_table(
        "complaints",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_complaints_member_id")),
        sa.PrimaryKeyConstraint("member_id", "day", name=op.f("pk_complaints")),
        sqlite_with_rowid=False,
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("node", "sequence", name=op.f("pk_audit")),
        sqlite_with_rowid=False,
    )


def _create_audit_heads() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", _INSTANT, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("node", "sequence", name=op.f("pk_audit_heads")),
    )


def _create_directory() -> None:
    op.create_table(
        "directory_confirmations",
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("digests", _JSON, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_directory_confirmations_member_id")),
        sa.PrimaryKeyConstraint("country", name=op.f("pk_directory_confirmations")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alarms",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("calm_since", _INSTANT),
        sa.Column("told_at", _INSTANT),
        sa.Column("ended_at", _INSTANT),
        sa.Column("closed_at", _INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_table(
        "directory_askings",
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("half_year", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.CheckConstraint("stage BETWEEN 1 AND 4", name=op.f("ck_directory_askings_stage")),
        sa.PrimaryKeyConstraint("country", name=op.f("pk_directory_askings")),
        sqlite_with_rowid=False,
    )


def _create_nodes() -> None:
    op.create_table(
        "processes",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("node", "role", name=op.f("pk_processes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leaders",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leaders")),
        sqlite_with_rowid=False,
    )
