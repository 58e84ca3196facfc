"""The proposal as TOML: what people read, correct and keep. Every doubt is numbered and has a line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from churnrisk.extract.proposal.cells import Block, Cell, OwnRule
from churnrisk.extract.proposal.leaving import Choice
from churnrisk.extract.proposal.sample import Sample

WIDTH = 118
#: Where the number of a doubt comes.
_PLACE = "DOUBT @@:"
#: Letters up to which a text with both kinds of quotation marks stays on one line.
_SHORT = 90


class Page:
    """A text that grows by lines and remembers on which line each doubt stands."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.doubts: list[tuple[int, str]] = []

    def add(self, *lines: str) -> None:
        """Add lines as they are."""
        for line in lines:
            self.lines += line.split("\n")

    def note(self, text: str) -> None:
        """Add a comment, over several lines where it is long."""
        self.lines += [f"# {line}" for line in textwrap.wrap(_one_line(text), WIDTH - 2)]

    def doubt(self, text: str) -> None:
        """Add a numbered doubt."""
        self.doubts.append((len(self.lines) + 1, _one_line(text)))
        self.note(f"{_PLACE} {_one_line(text)}")

    def number(self, place: int, number: int | None) -> None:
        """Give a doubt its number among those of all files; without one it is a comment as others are."""
        line = self.doubts[place][0] - 1
        told = f"DOUBT {number}:" if number else ""
        self.lines[line] = self.lines[line].replace(f"# {_PLACE}", f"# {told}".rstrip(), 1)

    def value(self, key: str, text: str, guess: str = "") -> None:
        """Add a key with a text, and a guess beside it or above it."""
        line = f"{_key(key)} = {toml_text(text)}"
        if guess and "\n" not in line and len(line) + len(guess) + 4 <= WIDTH:
            line += f"  # {_one_line(guess)}"
        elif guess:
            self.note(guess)
        self.add(line)

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines).rstrip() + "\n"


def toml_text(text: str) -> str:
    """A TOML string: plain, literal where there are quotation marks, over several lines where it has several."""
    printable = all(sign.isprintable() or sign == "\n" for sign in text)
    if printable and not set(text) & {'"', "\\", "\n"}:
        return f'"{text}"'
    if printable and not set(text) & {"'", "\n"}:
        return f"'{text}'"
    between = "" if "\n" not in text and len(text) < _SHORT and text == text.strip("\"'") else "\n"
    if printable and "\\" not in text and '"""' not in text:
        return f'"""{between}{text}{between}"""'
    if printable and "'''" not in text:
        return f"'''{between}{text}{between}'''"
    return '"' + "".join(_escaped(sign) for sign in text) + '"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return "\\" + sign
    return sign if sign.isprintable() else f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else toml_text(key)


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def settings_page(
    head: Iterable[str],
    company: dict[str, tuple[str, str]],
    export: dict[str, str],
    samples: Iterable[Sample],
    unmapped: dict[str, str],
    blocks: Iterable[Block],
    rules: Iterable[OwnRule],
    tail: Iterable[str],
    unread: Iterable[str],
) -> Page:
    """churnrisk.toml.

    Args:
        head: what is told first.
        company: values by key, each with a doubt or an empty text.
        export: the folder, and whether it is canonical.
        samples: the sources.
        unmapped: for each source, what of it is used nowhere.
        blocks: the mapping.
        rules: rules on the rows.
        tail: sources and files that are left out, where somebody should look.
        unread: files that nobody reads.
    """
    page = Page()
    for line in head:
        page.note(line)
    page.add("", 'data = "churnrisk-data"', "", "[company]")
    for key, (value, doubt) in company.items():
        if doubt:
            page.doubt(doubt)
        page.value(key, value)
    page.add("", "[export]")
    for key, value in export.items():
        page.add(f"{key} = {value}")
    for sample in samples:
        _source(page, sample, unmapped.get(sample.found.label, ""))
    for block in blocks:
        _block(page, block)
    for rule in rules:
        _rule(page, rule)
    page.add("")
    for line in tail:
        page.doubt(line)
    for line in unread:
        page.note(line)
    return page


def _source(page: Page, sample: Sample, unmapped: str) -> None:
    found = sample.found
    page.add("", f"[sources.{found.label}]")
    about = "" if sample.is_whole else "about "
    page.note("; ".join([f"{about}{sample.rows:,} rows", *found.guesses]))
    for doubt in found.doubts:
        page.doubt(doubt)
    if sample.unreadable:
        page.doubt(f"{sample.unreadable:,} lines cannot be divided into cells and are kept aside")
    if unmapped:
        page.note(f"used nowhere: {unmapped}")
    content = found.source.model_dump(exclude_defaults=True)
    for key, value in content.items():
        if key == "options":
            page.add("options = { " + ", ".join(f"{name} = {_option(option)}" for name, option in value.items()) + " }")
        else:
            page.add(f"{key} = {value if isinstance(value, int) else toml_text(str(value))}")


def _option(option: object) -> str:
    if isinstance(option, bool | int | float):
        return str(option).lower()
    return '"\\t"' if option == "\t" else toml_text(str(option))


def _block(page: Page, block: Block) -> None:
    page.add("")
    page.note(f"{block.table} from {block.label}: {block.sure}")
    for guess in block.guesses:
        page.note(guess)
    for doubt in dict.fromkeys(block.doubts):
        page.doubt(doubt)
    page.add("[[mapping]]")
    page.value("table", block.table)
    page.value("from", block.relation)
    if block.where:
        page.value("where", block.where)
    if block.known_at:
        page.value("known_at", block.known_at, "when the row reached the source's system")
    for part, cells in (("columns", block.columns), ("current_only", block.current_only), ("events", block.events)):
        if cells:
            page.add(f"[mapping.{part}]")
            _cells(page, part, cells)


def _cells(page: Page, part: str, cells: dict[str, Cell]) -> None:
    told = ""
    for column, made in cells.items():
        if made.doubt:
            page.doubt(f"{column}: {made.doubt}")
        guess = made.guess
        if part == "current_only" and guess:
            if guess != told:
                page.note(guess)
            told, guess = guess, ""
        page.value(column, made.sql, guess)


def _rule(page: Page, rule: OwnRule) -> None:
    page.add("")
    if rule.doubt:
        page.doubt(rule.doubt)
    page.add("[[rule]]")
    for key, text in (("name", rule.name), ("table", rule.table), ("bad", rule.bad), ("says", rule.says)):
        page.value(key, text)
    page.add("hold = false                         # such rows are counted and named; true holds them back")


def parameters_page(choice: Choice) -> Page:
    """parameters.toml."""
    page = Page()
    page.note("What leaving means and how it is learnt; what is not said here is as in models/churn/parameters.toml.")
    for line in choice.found:
        page.note(line + ".")
    for line in choice.doubts:
        page.doubt(line)
    page.add("", "[label]")
    page.add(f'kind = "{choice.kind}"'.ljust(26) + "# contract_end, event, silence")
    page.add(f"lead = {choice.lead}".ljust(26) + "# days between the as_of and the label window: time to act")
    page.add(f"horizon = {choice.horizon}".ljust(26) + "# days the label window is long; under silence, the silence")
    page.add(f'activity = "{choice.activity}"'.ljust(26) + "# under silence: tickets, invoices or usage")
    page.add("", "[matrix]")
    page.add(f"step_days = {choice.step_days}".ljust(26) + "# days between two as_of")
    page.add(f"as_ofs = {choice.as_ofs}".ljust(26) + "# the latest matured as_of that are used")
    page.add(f"warm_up_days = {choice.warm_up_days}".ljust(26) + "# history an as_of needs before it")
    page.add("", "[split]")
    page.add(f"test = {choice.test}".ljust(26) + "# the latest as_of, never trained on")
    page.add(f"calibrate = {choice.calibrate}".ljust(26) + "# as_of before these, for calibration")
    if choice.rows < 8000:
        page.add("")
        page.note(f"About {choice.rows:,} rows to train on: small trees, few of them.")
        page.add("[model]", "rounds = 150", "num_leaves = 7", "max_depth = 3", "min_data_in_leaf = 30")
    return page


def policy_page(choice: Choice) -> Page:
    """policy.toml."""
    medium = min(max(round(1.3 * choice.base_rate, 2), 0.02), 0.6)
    high = min(max(round(2 * choice.base_rate, 2), medium + 0.05), 0.9)
    page = Page()
    page.note("What people can do, and from which risk an account is called high or medium.")
    page.note(f"About {choice.base_rate:.1%} of accounts leave within a label window: medium begins at 1.3 times that.")
    page.add("")
    page.add("weekly_capacity = 10".ljust(26) + "# accounts a CSM can contact in a week, where csms do not say")
    page.add(f"tier_high = {high:.2f}".ljust(26) + "# risk from which an account is called high")
    page.add(f"tier_medium = {medium:.2f}".ljust(26) + "# below it an account is not on the list")
    return page


PLAY = """\
# A play: what to do about an account, chosen by the reason codes on the list. Write one file for each play.

name = "First call"
when = ["inactivity", "usage_drop"]      # reason codes; docs/features.md lists them
steps = [
    "Read the last three tickets of the account.",
    "Call its champion and ask what changed.",
    "Note what was said and what was agreed.",
]
due_days = 5                             # days after the account appears on the list
"""
