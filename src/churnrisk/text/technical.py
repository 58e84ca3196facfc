"""Lines that machines wrote: traces, logs, code that a customer pasted between the customer's own words."""

from __future__ import annotations

import re

#: What a text has in which any line may be technical: one of these signs, or of these words.
_SIGNS = re.compile(r"""[{}();=\[\]<>$`~"]""")
_DIGIT, _TIMES = re.compile(r"[0-9]"), re.compile(r"[0-9][0-9][:-][0-9][0-9]|[0-9a-f]{8}")
_WORDS = tuple(
    "Error Exception Warning Fault Caused panic goroutine ERROR WARN INFO DEBUG FATAL TRACE CRITICAL GET POST PUT PATCH"
    " DELETE HTTP ORA SQLSTATE _id -id".split()
)
_FENCE = re.compile(r"\s*(?:```|~~~|\{code(?::\w+)?\})")
_TRACES = (
    # Python, Java, JavaScript, Go
    r"Traceback \(most recent call last\)",
    r"\s*File \"[^\"]+\", line \d+",
    r"\s+at [\w$.<>/ ]+\(.*\)",
    r"\s*at [\w$.<>]+\.[\w$<>]+\(.*\)",
    r"\s*\.\.\. \d+ more",
    r"Caused by: ",
    r"Exception in thread|Unhandled exception|panic:|Segmentation fault|goroutine \d",
    r"[\w.$]*(?:Error|Exception|Warning|Fault)(?:\b.{0,3}:| *$)",
    r"[\w$]+(?:\.[\w$]+)+(?:Error|Exception)\b",
    # logs
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d",
    r"\[?\d\d:\d\d:\d\d[.,\]\s]",
    r"\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL|TRACE|CRITICAL)\b[\]:\s]",
    r"HTTP/\d",
    r"(?:GET|POST|PUT|PATCH|DELETE) /",
    r"(?:request|trace|correlation)[-_ ]?id\s*[:=]",
    r"\s*(?:ORA|SQLSTATE|E)[-_]?\[?\d{4,}",
    r"(?:0x)?[0-9a-f]{8,}(?:[\s:]|$)",
)
_CODES = (
    r"\s*[{}\[\]();,]+\s*$",
    r"\s*\"[\w.-]+\"\s*:",
    r"\s*(?:def|class|import|from|return|function|const|let|var|public|private)\b.*[;:{(*=]",
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE FROM|CREATE)\b.*[;:{(*=]",
    r".*[{;]\s*$",
    r"\s*</?\w+[^>]*>\s*$",
    r"\$ \w",
    r"\s*[\w.\[\]\"']+ ?=(?!=) ?.*[\w\"'\])]$",
    r"\s*(?:curl|pip|npm|git|sudo|docker|kubectl) [\w-]",
)
_TRACE, _CODE = re.compile("|".join(_TRACES)), re.compile("|".join(_CODES))
_LOOKS = re.compile(r"[{}();=\[\]<>\"$]")


def may_be_technical(text: str) -> bool:
    """Whether any line of a text may be technical; most texts need not be looked at line by line."""
    if _SIGNS.search(text) or (_DIGIT.search(text) and _TIMES.search(text)):
        return True
    return any(map(text.__contains__, _WORDS))


def is_fence(line: str) -> bool:
    """Whether a block of code begins or ends here."""
    return bool(_FENCE.match(line))


def is_trace(line: str) -> bool:
    """Whether a line is of a stack trace or a log."""
    return bool(_TRACE.match(line))


def is_code(line: str) -> bool:
    """Whether a line looks like code: its shape, and at least two signs that prose hardly has."""
    return bool(_CODE.match(line)) and len(_LOOKS.findall(line)) >= (1 if len(line.strip()) < 4 else 2)
