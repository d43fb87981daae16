"""The tables, for the store alone. Longer than most files, so that all of them stand on one page.

Members stand for people by a random id; instants are microseconds since 1970, UTC.

Each index costs every insert a page, so there is one only where something is looked for all the time; who is suspended once a year is
looked for among what waits. Tables that are always read by their key lie in its order (`sqlite_with_rowid=False`), without an index beside.

It is longer than other modules, because it has every table.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TextClause,
    UniqueConstraint,
    false,
    text,
    true,
)

from relay.store.column_types import Instant, Json


def _one_of(column: str, values: str) -> str:
    """A condition without IN, for which SQLite makes a small table anew in every statement: that takes longer than an insert."""
    return " OR ".join(f"{column} = '{value}'" for value in values.split())


def _partial_index(name: str, *columns: str, where: TextClause, unique: bool = False) -> Index:
    """An index of some rows alone. That PostgreSQL's has the same condition is said in `postgresql`.

    To say it here would load SQLAlchemy's part for PostgreSQL in every command and relay that has SQLite.
    """
    return Index(name, *columns, sqlite_where=where, unique=unique)


# SQLite numbers rows by itself only where the type's name is INTEGER.
_RowId = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

lists = Table(
    "lists",
    metadata,
    Column("name", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("digest", Text, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("agency_key", Text, nullable=False),  # the form in which agencies are compared (roster.member)
    Column("agency_type", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("roles", Json, nullable=False),
    Column("receipts", Boolean, nullable=False, server_default=true()),
    Column("reading", Text, nullable=False, server_default=text("'instant'")),
    Column("paused_at", Instant),
    Column("paused_until", Date),  # the first day on which posts come again; none: until the member says so
    Column("state", Text, nullable=False),
    Column("suspension", Text),
    Column("valid_until", Date),
    Column("nominated_by", Text, nullable=False),
    Column("confirmed_by", Text),
    Column("waived_on", Date),  # when the focal point waived the rule against free-mail addresses
    Column("address_confirmed_at", Instant),
    Column("rules_version", Integer, nullable=False, server_default=text("0")),
    Column("rules_accepted_at", Instant),
    Column("rules_asked", Integer, nullable=False, server_default=text("0")),  # the newest version that they were sent
    Column("attested_on", Date),
    Column("end_told", Integer, nullable=False, server_default=text("0")),  # attestation.Stage, before valid_until
    Column("attestation_asked", Integer, nullable=False, server_default=text("0")),  # attestation.Stage
    Column(
        "answered_on", Date
    ),  # when the member said by themselves, for want of an attestation, that they are still there
    Column("dormant_on", Date),
    Column("receives_until", Date),
    Column("created_at", Instant, nullable=False),
    Column("left_at", Instant),
    CheckConstraint(_one_of("state", "nominated active dormant suspended left"), name="state"),
    CheckConstraint("confirmed_by IS NOT NULL OR state IN ('nominated', 'left')", name="confirmed_by"),
    CheckConstraint(_one_of("reading", "instant daily weekly"), name="reading"),
    CheckConstraint("paused_until IS NULL OR paused_at IS NOT NULL", name="paused"),
    Index(None, "agency_key"),
    sqlite_with_rowid=False,
)

memberships = Table(
    "memberships",
    metadata,
    Column("member_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("list_name", Text, ForeignKey("lists.name"), primary_key=True),
    Index(None, "list_name"),
    sqlite_with_rowid=False,
)

credentials = Table(
    "credentials",
    metadata,
    Column("member_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),  # of this very password: a later one of the same name has another
    Column("salt", LargeBinary, nullable=False),  # this and the iterations are the same for all of a member's
    Column("iterations", Integer, nullable=False),
    Column("stored_key", LargeBinary, nullable=False),
    Column("server_key", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    sqlite_with_rowid=False,
)

# Keys of TLS client certificates by the SHA-256 of their SubjectPublicKeyInfo: each stands for one member or one gateway.
gateways = Table(
    "gateways",
    metadata,
    Column("name", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("addresses", Json, nullable=False),
    Column("domains", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

certificates = Table(
    "certificates",
    metadata,
    Column("pin", LargeBinary, primary_key=True),
    Column("member_id", Text, ForeignKey("members.id")),
    Column("gateway_name", Text, ForeignKey("gateways.name")),
    Column(
        "expires_at", Instant, nullable=False
    ),  # of the certificate that was registered; a renewed one may have its key
    Column("created_at", Instant, nullable=False),
    CheckConstraint("(member_id IS NULL) <> (gateway_name IS NULL)", name="holder"),
    sqlite_with_rowid=False,
)

# What members sign their posts with: certificates (S/MIME) and public keys (OpenPGP), as they were registered.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("member_id", Text, ForeignKey("members.id"), nullable=False),
    Column("method", Text, nullable=False),
    Column("octets", LargeBinary, nullable=False),
    Column("expires_at", Instant),
    Column("created_at", Instant, nullable=False),
    CheckConstraint(_one_of("method", "smime openpgp"), name="method"),
    Index(None, "member_id"),
)

# With what posts to a member are encrypted. `warned` is in how many days, at the last warning, it was to end; 0 before the first.
encryption_keys = Table(
    "encryption_keys",
    metadata,
    Column("member_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("method", Text, nullable=False),
    Column("octets", LargeBinary, nullable=False),
    Column("expires_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("warned", Integer, nullable=False, server_default=text("0")),
    CheckConstraint(_one_of("method", "smime openpgp"), name="method"),
    sqlite_with_rowid=False,
)

# Who gets no post in clear whatever their lists say (`chosen`), and since when their focal points know that no key works.
encrypted_members = Table(
    "encrypted_members",
    metadata,
    Column("member_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("chosen", Boolean, nullable=False),
    Column("told_at", Instant),
    sqlite_with_rowid=False,
)

# Like CLAIMABLE below: each index's own words.
KEPT, HASHED = text("wrapped_key IS NOT NULL"), text("duplicate_key IS NOT NULL")

ACK_WANTED = text("ack_due IS NOT NULL AND ack_told_at IS NULL")

posts = Table(
    "posts",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("uid", Text, nullable=False),
    Column("reference", Text, nullable=False, unique=True),
    Column("received_at", Instant, nullable=False),
    Column("author_id", Text, ForeignKey("members.id"), nullable=False),
    Column("size_octets", BigInteger, nullable=False),
    Column("message_id", Text),
    Column("proof", Text, nullable=False),  # how the author was known (mail.auth_results)
    Column("duplicate_key", LargeBinary, unique=True),
    Column("key_id", Text),
    Column(
        "content_key", LargeBinary
    ),  # a keyed hash of the message without its lists, of one that may go out or is hidden
    Column("wrapped_key", LargeBinary),
    Column("nonce", LargeBinary),
    Column("content", LargeBinary),
    Column("originals", LargeBinary),  # photos as they came, where the list keeps them; under the content's key
    Column("recalled_at", Instant),  # its author or a moderator has taken it back: nobody is given it any more
    Column("recalled_by", Text, ForeignKey("members.id")),
    Column("recalled_why", Text),
    Column("corrects_id", _RowId, ForeignKey("posts.id")),  # the post whose place it takes when it goes out
    Column("ack_hours", Integer),  # within which it asks to be acknowledged
    Column("ack_due", Instant),  # these hours from when it went out
    Column("ack_told_at", Instant),  # when who hadn't was reminded, and who asked was told
    Index(None, "author_id", "received_at", "size_octets"),  # the last so that what was sent lately is told by it alone
    Index(None, "content_key"),
    _partial_index("ix_posts_kept_key", "key_id", "id", where=KEPT),
    _partial_index("ix_posts_kept_age", "received_at", where=KEPT),
    _partial_index("ix_posts_hashed", "received_at", where=HASHED),
    _partial_index("ix_posts_message_id", "message_id", where=text("message_id IS NOT NULL")),
    _partial_index("ix_posts_ack_due", "ack_due", where=ACK_WANTED),
    _partial_index("ix_posts_corrects", "corrects_id", where=text("corrects_id IS NOT NULL")),
    sqlite_autoincrement=True,  # a number is never given twice, not even after the last post was purged
)

# Like CLAIMABLE below: the index's own words.
HELD = text("decision = 'hold'")
# Not with a value to be bound, which might be the index's one: SQLite would compile the statement anew each time.
RELAYED = text("decision = 'relay'")

decisions = Table(
    "decisions",
    metadata,
    Column("post_id", _RowId, ForeignKey("posts.id"), primary_key=True),
    Column("list_name", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("decision", Text, nullable=False),
    Column("marking", Text),
    Column("reasons", Json, nullable=False),
    Column("removed", Json, nullable=False),
    Column("channels", Json, nullable=False),
    Column("held_until", Instant),
    Column("decided_by", Text, ForeignKey("members.id")),
    Column(
        "copies", Integer, nullable=False, server_default=text("0")
    ),  # that were queued: what it cost its author's budget
    Column("past_deliveries", Json),  # copies by status whose rows were deleted with age
    CheckConstraint(_one_of("decision", "relay hold withhold refuse discard"), name="decision"),
    CheckConstraint("(decision = 'hold') = (held_until IS NOT NULL)", name="held_until"),
    _partial_index("ix_decisions_held", "held_until", where=HELD),
    sqlite_with_rowid=False,
)

# What is remembered of withheld posts, as keyed hashes (policy.thread).
memories = Table(
    "memories",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("post_id", _RowId, ForeignKey("posts.id"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("before", Integer, primary_key=True, autoincrement=False),
    Column("words", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, nullable=False),
    Column("label", Text),
    Column("needed", Integer, nullable=False),
    Column("whole", LargeBinary),
    Column("kept_at", Instant, nullable=False),
    Index(None, "kept_at"),
    sqlite_with_rowid=False,
)

releases = Table(
    "releases",
    metadata,
    Column("post_id", _RowId, primary_key=True),
    Column("list_name", Text, primary_key=True),
    Column("moderator_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["post_id", "list_name"], ["decisions.post_id", "decisions.list_name"]),
)

# The claim's condition and its index share this text: a database uses a partial index only for the very words of its condition.
CLAIMABLE = text("status IN ('queued', 'leased')")
# A copy that waits for its reader's digest, or is in one. Said so that no comparison of the status with a bound value might be the
# index's one: SQLite would compile such a statement anew each time.
COLLECTED = text("(status = 'digest') IS TRUE")
IN_DIGEST = text("digest_id IS NOT NULL")
LETTER = text("post_id IS NULL")  # about no post

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("post_id", _RowId, ForeignKey("posts.id")),
    Column("member_id", Text, ForeignKey("members.id")),  # none for who runs the relay, who needn't be a member
    Column("about_id", Text, ForeignKey("members.id")),  # the nominee of a nomination's notice, which has no post
    Column("facts", Json),  # of a letter that is about no post
    Column("sealed", LargeBinary),  # what was written to the postmaster, until it is delivered
    Column("list_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant),
    Column(
        "turn", Instant
    ),  # of a copy that wasn't tried yet: who has the earliest one is claimed first (`store.fanout`)
    Column("lease", Text),
    Column("leased_until", Instant),
    Column("last_reply", Text, nullable=False, server_default=text("''")),
    Column("possible_duplicate", Integer, nullable=False, server_default=text("0")),
    Column("sent_at", Instant),
    Column("called_off", Boolean, nullable=False, server_default=false()),  # no attempt follows any more
    # The delivery that brings this copy as a part of a digest. No foreign key: each row that is deleted would be looked for in it.
    Column("digest_id", BigInteger),
    UniqueConstraint("post_id", "member_id", "kind"),
    CheckConstraint("(member_id IS NULL) = (kind IN ('alarm', 'postmaster'))", name="member_id"),
    CheckConstraint(
        _one_of(
            "kind",
            "copy receipt notice undelivered expiry nomination invitation confirmation welcome rules ended attestation dormancy call waiting probe failing complaint practice answer review spill postmaster spilled deletion recall reminder acknowledged breach digest whole doors silence challenge challenge-ended pointer encryption alarm",
        ),
        name="kind",
    ),
    CheckConstraint(
        _one_of("status", "digest queued leased sending delivered failed expired cancelled"), name="status"
    ),
    CheckConstraint("(lease IS NOT NULL) = (status IN ('leased', 'sending'))", name="lease"),
    CheckConstraint(
        f"(next_attempt_at IS NOT NULL) = ({_one_of('status', 'queued leased sending')})", name="next_attempt_at"
    ),
    _partial_index("ix_deliveries_claimable", "turn", "next_attempt_at", "id", where=CLAIMABLE),
    _partial_index("ix_deliveries_lease", "lease", where=text("lease IS NOT NULL")),
    _partial_index("ix_deliveries_letters", "member_id", "created_at", where=LETTER),
    _partial_index("ix_deliveries_collected", "member_id", "created_at", where=COLLECTED),
    _partial_index("ix_deliveries_in_digest", "digest_id", where=IN_DIGEST),
    sqlite_autoincrement=True,
)

# The days on which a member's address failed for good (`store.failing`).
failures = Table(
    "failures",
    metadata,
    Column("member_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# The days on which a member marked a copy as unwanted, as their provider told us (`store.complaints`).
complaints = Table(
    "complaints",
    metadata,
    Column("member_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("list_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("told", Boolean, nullable=False),  # whether a letter went out that day
    sqlite_with_rowid=False,
)

# Which post answers or quotes which: by it a thread is found when one of it should not have gone out.
answers = Table(
    "answers",
    metadata,
    Column("answered_id", _RowId, ForeignKey("posts.id"), primary_key=True, autoincrement=False),
    Column("post_id", _RowId, ForeignKey("posts.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# A post that should not have gone out: a member said so (report), or somebody named in it has a right to it (request).
spills = Table(
    "spills",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("post_id", _RowId, ForeignKey("posts.id"), nullable=False),
    Column("cause", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reported_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text, ForeignKey("members.id")),
    Column(
        "reminders", Integer, nullable=False, server_default=text("0")
    ),  # so many times moderators were called again
    CheckConstraint(_one_of("cause", "report request"), name="cause"),
    CheckConstraint(_one_of("state", "reported confirmed dismissed"), name="state"),
    CheckConstraint("(state = 'reported') = (decided_at IS NULL)", name="decided_at"),
    Index(None, "post_id"),
    sqlite_autoincrement=True,
)

# Who reported it: here alone, so that no other row tells.
spill_reports = Table(
    "spill_reports",
    metadata,
    Column("spill_id", _RowId, ForeignKey("spills.id"), primary_key=True, autoincrement=False),
    Column("member_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# What nobody may be given meanwhile, or any more: the post and all that answers it. A dismissed report leaves no row.
hidden_posts = Table(
    "hidden_posts",
    metadata,
    Column("post_id", _RowId, ForeignKey("posts.id"), primary_key=True, autoincrement=False),
    Column("spill_id", _RowId, ForeignKey("spills.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Copies that a report stopped, to be sent after all if it is dismissed. Deliveries are deleted with age: no foreign key.
stopped_copies = Table(
    "stopped_copies",
    metadata,
    Column("delivery_id", _RowId, primary_key=True, autoincrement=False),
    Column("spill_id", _RowId, ForeignKey("spills.id"), nullable=False),
    Column("status", Text, nullable=False),  # what the copy's was
    sqlite_with_rowid=False,
)

# Who has acknowledged a post that asks for it.
acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("post_id", _RowId, ForeignKey("posts.id"), primary_key=True, autoincrement=False),
    Column("member_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# Lists that are stopped for now: their copies wait.
list_stops = Table(
    "list_stops",
    metadata,
    Column("list_name", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("member_id", Text, ForeignKey("members.id")),  # who stopped it by mail
    Column("operator", Text),  # or by command
    Column("reason", Text, nullable=False),
    CheckConstraint("(member_id IS NULL) <> (operator IS NULL)", name="by"),
    sqlite_with_rowid=False,
)

# Who was asked to delete their copy of a post, and has said that they did.
deletions = Table(
    "deletions",
    metadata,
    Column("post_id", _RowId, ForeignKey("posts.id"), primary_key=True, autoincrement=False),
    Column("member_id", Text, ForeignKey("members.id"), primary_key=True),
    Column("asked_at", Instant, nullable=False),
    Column("reminders", Integer, nullable=False, server_default=text("0")),
    Column("deleted_at", Instant),
    Column("noted_by", Text, ForeignKey("members.id")),  # an administrator to whom they said it, where they can't write
    sqlite_with_rowid=False,
)

# The breach register: numbers, times and who did what; never a word of a post.
breaches = Table(
    "breaches",
    metadata,
    Column("number", Text, primary_key=True),
    Column("spill_id", _RowId, ForeignKey("spills.id"), nullable=False, unique=True),
    Column("reported_at", Instant, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("reminders", Integer, nullable=False, server_default=text("0")),
    Column("risk", Text),
    Column("notified_at", Instant),
    Column("notified_by", Text, ForeignKey("members.id")),
    Column("notified_note", Text),
    Column("closed_at", Instant),
    Column("closed_by", Text, ForeignKey("members.id")),
    Column("closed_note", Text),
    CheckConstraint(f"risk IS NULL OR {_one_of('risk', 'unlikely likely high')}", name="risk"),
    CheckConstraint("(notified_at IS NULL) = (notified_by IS NULL)", name="notified_by"),
    CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by"),
    sqlite_with_rowid=False,
)

counters = Table(
    "counters",
    metadata,
    Column("prefix", Text, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Posts whose registered author is asked whether they wrote them. Nothing of one is among `posts` before they said so.
challenges = Table(
    "challenges",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("author_id", Text, ForeignKey("members.id"), nullable=False),  # whose address it bears
    Column("list_name", Text, nullable=False),  # in whose name they are asked
    Column("asked_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("dropped", Integer, nullable=False, server_default=text("0")),  # further messages while it was open
    Column("client_ip", Text, nullable=False),
    Column("size_octets", BigInteger, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("proof", Text, nullable=False),  # by which the author will be known
    Column("judged", Json, nullable=False),  # the decision of each list, in the message's order; [] once it is closed
    Column("duplicate_key", LargeBinary, nullable=False),
    Column("content_key", LargeBinary),
    Column("uid", Text, nullable=False),
    Column("key_id", Text),
    Column("wrapped_key", LargeBinary),
    Column("nonce", LargeBinary),
    Column("content", LargeBinary),
    Column("originals", LargeBinary),
    CheckConstraint(_one_of("state", "open confirmed denied expired withheld"), name="state"),
    CheckConstraint("(wrapped_key IS NOT NULL) = (state = 'open')", name="wrapped_key"),
    _partial_index("ix_challenges_open", "author_id", where=text("state = 'open'"), unique=True),
    sqlite_autoincrement=True,  # the number is sealed into an address: it is never given twice
)

audit = Table(
    "audit",
    metadata,
    Column("node", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("event", Text, nullable=False),
    Column("facts", Text, nullable=False),  # the very text that was hashed
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("node", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("signed_at", Instant, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

# Episodes in which something was wrong with the relay itself, and what the operator was told of them.
alarms = Table(
    "alarms",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("node", Text, nullable=False),  # "" for what concerns all of them
    Column("part", Text, nullable=False),  # which of the node's processes looks
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("calm_since", Instant),
    Column("told_at", Instant),
    Column("ended_at", Instant),
    Column("closed_at", Instant),  # nothing is to be told of it any more
)

# The doors of config/channels: what a country's focal point found right, and how far each country was asked.
directory_confirmations = Table(
    "directory_confirmations",
    metadata,
    Column("country", Text, primary_key=True),
    Column("member_id", Text, ForeignKey("members.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("digests", Json, nullable=False),
    sqlite_with_rowid=False,
)

directory_askings = Table(
    "directory_askings",
    metadata,
    Column("country", Text, primary_key=True),
    Column("half_year", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("stage", Integer, nullable=False),
    CheckConstraint("stage BETWEEN 1 AND 4", name="stage"),
    sqlite_with_rowid=False,
)

# Who serves this relay: a row for each role of a node, with its last sign of life (`store.nodes`).
processes = Table(
    "processes",
    metadata,
    Column("node", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("boot", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# Who leads what only one process may do at a time; the token grows with each change of hands.
leaders = Table(
    "leaders",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("until", Instant, nullable=False),
    sqlite_with_rowid=False,
)
