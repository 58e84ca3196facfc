"""Standing at a moment: as_of, look-back windows, label windows, and splits that cannot overlap.

At the bottom of the house. `as_of` D is the end of day D in the company's time zone, that is 00:00 of D+1. Look-back
windows are `(as_of - n days, as_of]` and label windows `(as_of + lead, as_of + lead + horizon]`, both with their edges
on the company's midnights: a window of n days holds exactly n usage days, also across a change of the clocks. All
instants are UTC, written without an offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from churnrisk.parameters import Label
from churnrisk.settings import zone

#: The look-back windows that features may use, in days.
WINDOWS = (7, 30, 90, 180, 365)


@dataclass(frozen=True, order=True)
class AsOf:
    """A moment we stand at: the end of a day in the company's time zone.

    Attributes:
        day: the day whose end it is.
        time_zone: the IANA name of the company's time zone.
    """

    day: date
    time_zone: str = "UTC"

    def edge(self, days: int = 0) -> datetime:
        """The instant `days` calendar days after this moment (before it, when negative), in UTC without offset."""
        local = datetime.combine(self.day + timedelta(days=days + 1), datetime.min.time(), zone(self.time_zone))
        return local.astimezone(UTC).replace(tzinfo=None)

    @property
    def instant(self) -> datetime:
        """This moment in UTC, without offset."""
        return self.edge(0)

    def local_day(self, instant: datetime) -> date:
        """The company's day on which that instant (UTC, without offset) falls."""
        return instant.replace(tzinfo=UTC).astimezone(zone(self.time_zone)).date()

    def window(self, days: int) -> tuple[datetime, datetime]:
        """The look-back window `(start, end]` of that many days."""
        return self.edge(-days), self.edge(0)

    def shift(self, days: int) -> AsOf:
        """The as_of that many days later."""
        return AsOf(self.day + timedelta(days=days), self.time_zone)

    def __str__(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True)
class LabelWindow:
    """Where a label looks: `(as_of + lead, as_of + lead + horizon]`.

    Attributes:
        lead: days between the as_of and the beginning of the window.
        horizon: days the window is long.
    """

    lead: int
    horizon: int

    @classmethod
    def of(cls, label: Label) -> LabelWindow:
        """Where that label looks."""
        return cls(label.lead, label.horizon)

    @property
    def reach(self) -> int:
        """Days after the as_of until the label is known."""
        return self.lead + self.horizon

    def edges(self, as_of: AsOf) -> tuple[datetime, datetime]:
        """The window `(start, end]` for that as_of."""
        return as_of.edge(self.lead), as_of.edge(self.reach)

    def is_matured(self, as_of: AsOf, known_until: AsOf) -> bool:
        """Whether the whole window lies in what is known."""
        return as_of.shift(self.reach) <= known_until

    def last_matured(self, known_until: AsOf) -> AsOf:
        """The latest as_of whose label is known."""
        return known_until.shift(-self.reach)


@dataclass(frozen=True)
class Split:
    """As_of for training and testing; no label of training reaches past the first as_of of testing.

    Attributes:
        train: every as_of whose label ends before the first of `test`.
        calibrate: the latest of these: scores out of fold, by account, at these as_of set the calibration.
        test: the latest ones.
        purged: as_of left out because their labels would reach into `test`.
    """

    train: tuple[AsOf, ...]
    calibrate: tuple[AsOf, ...]
    test: tuple[AsOf, ...]
    purged: tuple[AsOf, ...]

    def audit(self, window: LabelWindow) -> None:
        """Raises ValueError where a label of training reaches past the first as_of of testing."""
        if self.train and self.test and max(self.train).shift(window.reach) > min(self.test):
            raise ValueError(f"the label of {max(self.train)} reaches past {min(self.test)}")


def grid(first: date, last: AsOf, step_days: int, most: int) -> tuple[AsOf, ...]:
    """As_of every `step_days` days backwards from `last`, none before `first`, the latest `most` of them, rising."""
    count = max((last.day - first).days // step_days + 1, 0)
    return tuple(last.shift(-step_days * i) for i in reversed(range(min(count, most))))


def purged_split(as_ofs: Sequence[AsOf], window: LabelWindow, test: int, calibrate: int) -> Split:
    """Split matured as_of into train and test with a gap, so that no label of training tells of the test part.

    Args:
        as_ofs: matured as_of, rising.
        window: how far each label reaches.
        test: as_of in the test part, the last ones.
        calibrate: the latest as_of of training that calibration is made on; all of them where it is 0.
    """
    held_out = tuple(as_ofs[-test:])
    train = _ends_before(as_ofs, held_out, window)
    used = {*train, *held_out}
    purged = tuple(as_of for as_of in as_ofs if as_of not in used)
    split = Split(train, train[-calibrate:], held_out, purged)
    split.audit(window)
    return split


def _ends_before(as_ofs: Sequence[AsOf], later: Sequence[AsOf], window: LabelWindow) -> tuple[AsOf, ...]:
    if not later:
        return tuple(as_ofs)
    return tuple(as_of for as_of in as_ofs if as_of.shift(window.reach) <= min(later))
