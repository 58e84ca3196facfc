"""Files, pages and tables that people read, made from the records of `outreach`.

At the top of the house, beside the monitor: reads a `Worklist`, gives bytes, text or something rich can print. Nothing
here computes a risk or ranks an account. Whatever a customer could have written is made harmless on its way out.
"""

from churnrisk.out.csv import safe_text, texts_csv, worklist_csv
from churnrisk.out.html import worklist_html
from churnrisk.out.terminal import print_worklist, worklist_table

__all__ = ["print_worklist", "safe_text", "texts_csv", "worklist_csv", "worklist_html", "worklist_table"]
