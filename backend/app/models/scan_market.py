"""The market of requests: demand, supply and price, as last tuned."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.states import Platform


class ScanMarket(Base):
    """One row for each platform; a lost row is made again from the rhythms."""

    __tablename__ = "scan_markets"

    platform: Mapped[Platform] = mapped_column(unique=True)
    posts_per_hour: Mapped[float]
    """What is assumed of an influencer who is not known yet; `shape` likewise: 168 factors of mean 1."""
    shape: Mapped[list[float]] = mapped_column(JSONB)
    demand: Mapped[list[float]] = mapped_column(JSONB)
    """For each hour of the week, Monday 00:00 first, the sum of sqrt(weight · posts per hour / 2)."""
    promised_per_day: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    """Requests that the campaigns' promises need."""
    targets: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    budget_per_day: Mapped[float]
    trim: Mapped[float] = mapped_column(default=1.0, server_default=text("1"))
    backlog: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Feeds that were due and unclaimed at the last tuning."""
    tuned_at: Mapped[datetime]
    surveyed_at: Mapped[datetime]
    """When shape and demand were last taken from the rhythms."""
