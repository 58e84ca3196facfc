"""Configuration: refused where nobody reads it, told with file and key, hashed by content."""

from collections import defaultdict

import pytest

from churnrisk.errors import Exit, SettingsError
from churnrisk.parameters import Parameters, Policy, models_folder
from churnrisk.settings import Settings, digest

FILE = """
[company]
name = "Example"
time_zone = "Europe/Copenhagen"

[export]
folder = "in"

[sources.a]
path = "a.csv"

[[mapping]]
table = "accounts"
from = "a"
[mapping.columns]
account_id = "id"
"""


STEPS = defaultdict(lambda: "Correct or remove it", folder="Remove it")


def settings(folder, text: str) -> Settings:
    path = folder / "churnrisk.toml"
    path.write_text(text, encoding="utf-8")
    return Settings.read(path)


def refused(folder, text: str) -> str:
    with pytest.raises(SettingsError) as raised:
        settings(folder, text)
    assert raised.value.exit_code == Exit.BAD_INPUT
    said = str(raised.value)
    assert "\n" not in said
    assert str(folder / "churnrisk.toml") in said
    return said


def test_an_empty_file_is_all_defaults(tmp_path):
    read = settings(tmp_path, "")
    assert (read.company.time_zone, read.company.currency) == ("UTC", "EUR")
    assert (read.data_folder, read.export_folder) == (tmp_path / "churnrisk-data", tmp_path / "export")


def test_paths_are_relative_to_the_file_and_another_export_can_be_named(tmp_path):
    read = settings(tmp_path, FILE)
    assert read.export_folder == tmp_path / "in"
    other = read.with_export(tmp_path / "other")
    assert (other.export_folder, other.data_folder) == (tmp_path / "other", read.data_folder)
    assert read.with_export(None) is read


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"There is no .*churnrisk\.toml\. Pass --config FILE"):
        Settings.read(tmp_path / "churnrisk.toml")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("colour = 1", "colour"),
        ('folder = "x"', "folder"),
        ("[company]\nzone = 1", "company.zone"),
        ('[sources.a]\npath = "a"\nfrom = "b"', "sources.a.from"),
        (FILE + "\n[[mapping]]\ntable = 'tickets'\nfrom = 'a'\ncolumns = {}\nwhen = 1", "mapping.1.when"),
    ],
)
def test_a_key_that_nobody_reads_is_named_with_its_line(tmp_path, text, key):
    """In each of these texts it stands in the last line."""
    said = refused(tmp_path, text)
    line = len(text.splitlines())
    assert said == f"{tmp_path / 'churnrisk.toml'}, line {line}: {key} is not a key that is read here. {STEPS[key]}."


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[company]\ntime_zone = "Mars/Olympus" # here', "company.time_zone"),
        ('[company]\nname = "x"\ntime_zone = "" # here', "company.time_zone"),
        ('[company]\ntime_zone = "../../etc/passwd" # here', "company.time_zone"),
        ("[company]\nname = 7 # here", "company.name"),
        ("[export]\ncanonical = 'perhaps' # here", "export.canonical"),
        ("[sources.a]\npath = 3 # here", "sources.a.path"),
        ("[sources.a]\npath = 'a.doc'\nformat = 'word' # here", "sources.a.format"),
        ("[sources.a]\nskip = -1 # here", "sources.a.skip"),
        ("[sources.a.options] # here\n'a b' = 1", "sources.a.options"),
        ("[[rule]]\nname = 'Not a name' # here\ntable = 'usage'\nbad = 'false'", "rule.0.name"),
        (FILE.replace('table = "accounts"', 'table = "accounts"\ntime_zone = "Mars" # here'), "mapping.0.time_zone"),
        (FILE.replace('table = "accounts"', 'table = "accounts"\ndelay_days = -1 # here'), "mapping.0.delay_days"),
    ],
)
def test_a_wrong_value_is_named_with_its_line_and_its_key(tmp_path, text, key):
    said = refused(tmp_path, text)
    [line] = [number for number, line in enumerate(text.splitlines(), start=1) if line.endswith("# here")]
    assert said.startswith(f"{tmp_path / 'churnrisk.toml'}, line {line}: {key} is wrong: ")
    assert "Value error" not in said
    assert ".." not in said.replace("../..", "")


@pytest.mark.parametrize("text", ["a = 1\nb = = 2\n", "a = 1\nb\n", "a = 1\na = 2\n"])
def test_a_file_that_is_no_toml_tells_its_line(tmp_path, text):
    assert "line 2" in refused(tmp_path, text)


def test_a_file_that_is_no_text_is_told(tmp_path):
    (tmp_path / "churnrisk.toml").write_bytes(b"name = '\xff\xfe'")
    with pytest.raises(SettingsError, match=r"churnrisk\.toml cannot be read"):
        Settings.read(tmp_path / "churnrisk.toml")


def test_the_hash_of_the_mapping_changes_with_what_decides_the_rows_and_with_nothing_else(tmp_path):
    """Not with comments, order of keys, folders or names; but with every expression, source and time zone."""
    base = settings(tmp_path, FILE).mapping_hash
    same = [
        "# a comment\n" + FILE,
        FILE.replace('name = "Example"\n', "").replace('folder = "in"', 'folder = "elsewhere"'),
        FILE.replace('table = "accounts"\nfrom = "a"', 'from = "a"\ntable = "accounts"'),
        'data = "other"\n' + FILE,
    ]
    assert {settings(tmp_path, text).mapping_hash for text in same} == {base}
    other = [
        FILE.replace("Copenhagen", "Berlin"),
        FILE.replace('account_id = "id"', 'account_id = "key"'),
        FILE.replace('path = "a.csv"', 'path = "b.csv"'),
        FILE.replace('from = "a"', 'from = "a"\ndelay_days = 1'),
        FILE.replace('folder = "in"', 'folder = "in"\ncanonical = true'),
    ]
    hashes = {settings(tmp_path, text).mapping_hash for text in other}
    assert len(hashes | {base}) == len(other) + 1


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})
    assert len(digest(None)) == 12


@pytest.mark.parametrize("kind", [Parameters, Policy])
def test_defaults_are_those_of_the_reviewed_files(tmp_path, kind):
    assert kind.read(tmp_path) == kind.read(models_folder() / "churn")


def test_a_file_of_ones_own_overrides_only_what_it_names(tmp_path):
    before = Parameters.read(tmp_path)
    (tmp_path / "parameters.toml").write_text('[label]\nkind = "silence"\nlead = 0\n')
    after = Parameters.read(tmp_path)
    assert (after.label.kind, after.label.lead, after.label.horizon) == ("silence", 0, before.label.horizon)
    assert (after.model, after.matrix) == (before.model, before.matrix)
    assert after.model.hash == before.model.hash
    assert after.label.hash != before.label.hash
    assert after.hash != before.hash


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("[label]\nlag = 1", 2, "label.lag is not a key that is read here"),
        ("[label]\nlead = 0\nkind = 'mood'", 3, "label.kind is wrong"),
        ("[label]\nhorizon = 0", 2, "label.horizon is wrong"),
        ("label = 3", 1, "label is wrong"),
    ],
)
def test_a_fault_in_the_parameters_names_ones_own_file_the_line_and_the_key(tmp_path, text, line, key):
    (tmp_path / "parameters.toml").write_text(text)
    with pytest.raises(SettingsError) as raised:
        Parameters.read(tmp_path)
    assert str(raised.value).startswith(f"{tmp_path / 'parameters.toml'}, line {line}: {key}")


def test_a_policy_is_overridden_in_the_same_way(tmp_path):
    (tmp_path / "policy.toml").write_text("weekly_capacity = 3\n")
    assert Policy.read(tmp_path).weekly_capacity == 3
    assert Policy.read(tmp_path).tier_high == Policy.read(tmp_path / "none").tier_high
