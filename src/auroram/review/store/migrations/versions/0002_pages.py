"""What the web pages keep: sessions, failed logins, and what reviewers chose for themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables, and give every account the defaults."""
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("begun_at", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Text, nullable=False),
        sa.Column("warned", sa.Boolean, nullable=False),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, index=True),
        sa.Column("at", sa.Text, nullable=False),
    )
    for name, kind, default in (
        ("opt_outs", sa.Text(), "[]"),
        ("daily_cap", sa.Integer(), "120"),
        ("theme", sa.Text(), "auto"),
    ):
        op.add_column("accounts", sa.Column(name, kind, nullable=False, server_default=default))
