"""What customers say: their own words, the language, the tone, the intent to leave, offline and in six languages.

`read_messages(bodies)` reads any texts; `Reader` says which model did.
"""

from churnrisk.text.cleaning import Own, own_words
from churnrisk.text.intent import Said, find_intents
from churnrisk.text.language import TAUGHT, Detected, detect
from churnrisk.text.reading import Reader, Reading, SentimentModel, as_row, read_messages
from churnrisk.text.rules import INTENTS
from churnrisk.text.scoring import Scored, brought_scores, score_messages
from churnrisk.text.small import SmallModel

__all__ = [
    "INTENTS",
    "TAUGHT",
    "Detected",
    "Own",
    "Reader",
    "Reading",
    "Said",
    "Scored",
    "SentimentModel",
    "SmallModel",
    "as_row",
    "brought_scores",
    "detect",
    "find_intents",
    "own_words",
    "read_messages",
    "score_messages",
]
