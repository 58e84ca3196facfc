"""The settings, and what every configuration file has in common."""

from churnrisk.settings.base import Configuration, Kind, digest, parse, place, read_toml
from churnrisk.settings.company import Company, Export, Format, Mapping, OwnRule, Settings, Source, Text, zone

__all__ = [
    "Company",
    "Configuration",
    "Export",
    "Format",
    "Kind",
    "Mapping",
    "OwnRule",
    "Settings",
    "Source",
    "Text",
    "digest",
    "parse",
    "place",
    "read_toml",
    "zone",
]
