"""What customers say, beside what they do: themes of complaints with their volume, trend and churn lift.

Reads the history, text and labels; gives records that `out` shows. Nothing here scores an account.
"""

from churnrisk.insights.ratios import Ratio
from churnrisk.insights.report import Example, Lift, Theme, ThemeReport, Trend
from churnrisk.insights.themes import theme_report

__all__ = ["Example", "Lift", "Ratio", "Theme", "ThemeReport", "Trend", "theme_report"]
