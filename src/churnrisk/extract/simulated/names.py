"""Names of companies and people, put together from parts; any likeness to a real one is chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LANGUAGES = ("en", "da", "de", "pl", "ko", "he")

_FIRST_HALVES = (
    "Nord Alba Vester Clear Blue Silver Lumen Terra Aero Marin Solis Castor Delta Hanse Orbit Kesto Vela Tavi Ferro "
    "Grano Morgen Polar Quanta Rivo Sable Tundra Umbra Vanta Wester Zephyr Amber Birk Cobalt Dania Elbe Fjord Gdynia "
    "Haifa Indigo Jade Kiruna Lodz Mirae Negev Oliva Pine Quarry Raven Seoul Tide"
).split()
_SECOND_HALVES = (
    "works tech gruppen logic soft line port media trade pharma energi bygg foods textil data care finans marine optik "
    "stal plan supply print labs mobil"
).split()
_LEGAL_FORMS = {"en": "Ltd", "da": "A/S", "de": "GmbH", "pl": "Sp. z o.o.", "ko": "Co., Ltd.", "he": "Ltd"}

FIRST_NAMES: dict[str, Sequence[str]] = {
    "en": "Alice Ben Chloe Daniel Emma Frank Grace Harry Isla Jack".split(),
    "da": "Anne Bo Camilla Dorte Emil Freja Gustav Henrik Ida Jens".split(),
    "de": "Anja Bernd Clara Dirk Eva Felix Greta Heiko Inga Jonas".split(),
    "pl": "Agnieszka Bartosz Celina Dawid Ewa Filip Grażyna Hubert Iga Jakub".split(),
    "ko": "Minjun Seoyeon Jiho Haeun Dohyun Soomin Yejin Taeyang Jisoo Hyunwoo".split(),
    "he": "Adi Boaz Chen Dafna Eitan Galit Hila Idan Lior Maya".split(),
}
LAST_NAMES: dict[str, Sequence[str]] = {
    "en": "Adams Baker Carter Dixon Evans Foster Grant Hughes Irwin Jones".split(),
    "da": "Andersen Bach Christensen Dahl Eriksen Friis Gade Holm Iversen Juhl".split(),
    "de": "Arnold Becker Conrad Dietz Engel Fuchs Graf Hartmann Jung Keller".split(),
    "pl": "Adamska Bielak Czerwik Dudek Falk Górski Jasik Kania Lis Mazur".split(),
    "ko": "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim".split(),
    "he": "Avrahami Barak Cohen Dayan Eliav Golan Harel Levi Mizrahi Peled".split(),
}
_PLAIN = str.maketrans("ąćęłńóśźżæøåäöü", "acelnoszzaoaaou")


def company_names(languages: np.ndarray, chance: np.random.Generator) -> list[str]:
    """One name for each account, told apart by a number where two would be alike."""
    first = chance.integers(0, len(_FIRST_HALVES), len(languages))
    second = chance.integers(0, len(_SECOND_HALVES), len(languages))
    seen: dict[str, int] = {}
    names = []
    for language, a, b in zip(languages, first, second, strict=True):
        stem = _FIRST_HALVES[a] + _SECOND_HALVES[b]
        seen[stem] = seen.get(stem, 0) + 1
        number = f" {seen[stem]}" if seen[stem] > 1 else ""
        names.append(f"{stem}{number} {_LEGAL_FORMS[LANGUAGES[language]]}")
    return names


def people(languages: np.ndarray, chance: np.random.Generator) -> list[tuple[str, str]]:
    """A key such as `ida.holm` and a name for each person, by language; keys are unique."""
    draws = chance.integers(0, 10, (len(languages), 2))
    seen: dict[str, int] = {}
    found = []
    for language, (a, b) in zip(languages, draws, strict=True):
        code = LANGUAGES[language]
        first, last = FIRST_NAMES[code][a], LAST_NAMES[code][b]
        key = f"{first}.{last}".lower().translate(_PLAIN)
        seen[key] = seen.get(key, 0) + 1
        number = seen[key]
        found.append(
            (f"{key}{number}" if number > 1 else key, f"{first} {last}" + (f" {number}" if number > 1 else ""))
        )
    return found
